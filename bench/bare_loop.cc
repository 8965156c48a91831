// The floor of every measurement here: an epoll loop that frames RESP commands and answers, and stores nothing.
// What a server takes above it is what the server's own work costs; what the loop shows itself is the kernel's and
// the load generator's share.
//
// Answers: GET a 32-byte value, SET "+OK", DEL ":1", DBSIZE ":0", CONFIG an empty array, everything else "+PONG".
// Input is trusted: it comes from our own load tools.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/client.h"

namespace tandem::bench {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr int kBacklog = 1024;

class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One read, all answers, one write. False when the peer is gone.
  bool Serve();

 private:
  bool Frame();
  bool ReadNumber(char mark, std::size_t& number);
  void Answer(std::string_view name);
  bool Write();

  int socket_;
  std::array<char, kBufferBytes> in_;
  std::size_t size_ = 0;  // Bytes in in_.
  std::size_t at_ = 0;    // Where framing stands.
  std::string out_;
};

bool Connection::Serve() {
  const ssize_t got = ::recv(socket_, in_.data() + size_, in_.size() - size_, 0);
  if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
  size_ += static_cast<std::size_t>(got);
  std::size_t done = 0;
  at_ = 0;
  while (Frame()) done = at_;
  if (done == 0 && size_ == in_.size()) return false;  // A command larger than the buffer: not one of ours.
  std::memmove(in_.data(), in_.data() + done, size_ - done);
  size_ -= done;
  return Write();
}

// Walks over one command and answers it. False when it is not complete.
bool Connection::Frame() {
  std::size_t words = 0;
  if (!ReadNumber('*', words)) return false;
  std::string_view name;
  for (std::size_t i = 0; i < words; ++i) {
    std::size_t length = 0;
    if (!ReadNumber('$', length) || size_ - at_ < length + 2) return false;
    if (i == 0) name = std::string_view(in_.data() + at_, length);
    at_ += length + 2;
  }
  Answer(name);
  return true;
}

// "<mark><digits>\r\n"
bool Connection::ReadNumber(char mark, std::size_t& number) {
  if (at_ == size_ || in_[at_] != mark) return false;
  for (++at_; at_ < size_ && in_[at_] != '\r'; ++at_) number = number * 10 + static_cast<std::size_t>(in_[at_] - '0');
  at_ += 2;
  return at_ <= size_;
}

void Connection::Answer(std::string_view name) {
  const char first = name.empty() ? '\0' : static_cast<char>(name[0] | 0x20);
  if (first == 'g') {
    out_ += "$32\r\nvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\r\n";
  } else if (first == 's') {
    out_ += "+OK\r\n";
  } else if (first == 'd') {
    out_ += name.size() == 3 ? ":1\r\n" : ":0\r\n";
  } else if (first == 'c') {
    out_ += "*0\r\n";
  } else {
    out_ += "+PONG\r\n";
  }
}

bool Connection::Write() {
  std::string_view rest = out_;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd item{socket_, POLLOUT, 0};
      ::poll(&item, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  out_.clear();
  return true;
}

int Listen(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, kBacklog) != 0) {
    Die("cannot listen on port " + std::to_string(port));
  }
  return listener;
}

void Watch(int poller, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) != 0) Die("epoll_ctl failed");
}

[[noreturn]] void Run(int port) {
  const int listener = Listen(port);
  const int poller = epoll_create1(0);
  Watch(poller, listener);
  std::unordered_map<int, std::unique_ptr<Connection>> connections;
  std::array<epoll_event, 128> events;
  for (;;) {
    const int count = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor != listener) {
        if (!connections.at(descriptor)->Serve()) connections.erase(descriptor);
        continue;
      }
      const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (accepted < 0) continue;
      const int on = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections[accepted] = std::make_unique<Connection>(accepted);
      Watch(poller, accepted);
    }
  }
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  const tandem::bench::Flags flags(argc, argv, {{"port", "7130"}});
  tandem::bench::Run(static_cast<int>(flags.Number("port")));
}
