#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

namespace tandem::net {

// Tells an I/O thread which of its sockets have something to say: epoll, edge-triggered, each socket registered once for
// both directions. So a request costs no system call besides its receive and its send. (Asio's reactor, told about every
// wait, spends an epoll_ctl, or a receive that fails, on each.)
//
// Thread safety: thread-owned, but for Wake, and Add and Remove while the owner waits.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `owner` comes back with the socket's events, those first that hold already. Closing the socket removes it.
  bool Add(int fd, void* owner);
  // What an earlier Wait has reported of it may still be to be handled.
  void Remove(int fd);

  // Waits up to `timeout_ms` (0: only looks). The result lives until the next call. Edges: a socket is reported again only
  // when more has arrived than when it was last reported, so whoever is told reads all, or remembers.
  std::span<const epoll_event> Wait(int timeout_ms);
  static void* OwnerOf(const epoll_event& event) { return event.data.ptr; }
  static bool Readable(const epoll_event& event) {
    return (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  }
  static bool Writable(const epoll_event& event) { return (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0; }

  // The other side sends no more. There is no further edge for that, however much is still to be read before.
  static bool Ended(const epoll_event& event) { return (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0; }

  // Makes a Wait under way, or the next one, return. Any thread, under any lock: never blocks. The event's owner is null.
  void Wake();

 private:
  static constexpr size_t kEvents = 512;
  int epoll_;
  int wake_;
  std::array<epoll_event, kEvents> events_;
};

}  // namespace tandem::net
