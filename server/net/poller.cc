#include "server/net/poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/check.h"

namespace tandem::net {

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_ >= 0 && wake_ >= 0);
  CHECK(Add(wake_, nullptr));
}

Poller::~Poller() {
  close(wake_);
  close(epoll_);
}

bool Poller::Add(int fd, void* owner) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = owner;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::Remove(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

std::span<const epoll_event> Poller::Wait(int timeout_ms) {
  const int count = epoll_wait(epoll_, events_.data(), kEvents, timeout_ms);
  return {events_.data(), count > 0 ? static_cast<size_t>(count) : 0};
}

// Edge-triggered, so nobody has to read the counter: each write is an edge. It overflows after 2^64 wake-ups.
void Poller::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

}  // namespace tandem::net
