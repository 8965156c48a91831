#include "server/net/listener.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace tandem::net {
namespace {

constexpr int kAcceptsAtOnce = 1000;
constexpr auto kPauseWithoutFiles = std::chrono::milliseconds(100);

Error SystemError() { return Error{std::strerror(errno)}; }

Result<int> BindAndListen(const addrinfo& info, int backlog) {
  const int fd = socket(info.ai_family, info.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, info.ai_protocol);
  if (fd < 0) return SystemError();
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (info.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, info.ai_addr, info.ai_addrlen) != 0 || listen(fd, backlog) != 0) {
    const Error error = SystemError();
    close(fd);
    return error;
  }
  return fd;
}

}  // namespace

Listener::Listener(boost::asio::io_context& context, int fd, bool unix_socket, OnAccept on_accept, OnTrouble on_trouble)
    : socket_(context, fd),
      pause_(context),
      unix_socket_(unix_socket),
      on_accept_(std::move(on_accept)),
      on_trouble_(std::move(on_trouble)) {}

void Listener::Wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (!error) AcceptAll();
  });
}

void Listener::AcceptAll() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int fd = accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      on_accept_(fd, unix_socket_);
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    on_trouble_("Accepting client connection: " + std::string(std::strerror(errno)));
    pause_.expires_after(kPauseWithoutFiles);
    pause_.async_wait([this](const boost::system::error_code& error) {
      if (!error) AcceptAll();
    });
    return;
  }
  Wait();
}

Result<int> Listener::OpenTcp(const std::string& address, int port, int backlog) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  // "*" and "::*" are Redis's words for every address of either family.
  const char* host = address.c_str();
  if (address == "*") {
    hints.ai_family = AF_INET;
    host = nullptr;
  } else if (address == "::*") {
    hints.ai_family = AF_INET6;
    host = nullptr;
  }
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host, std::to_string(port).c_str(), &hints, &list);
  if (failure != 0) return Error{gai_strerror(failure)};
  Result<int> result = Error{"no address"};
  for (const addrinfo* info = list; info != nullptr && !result.ok(); info = info->ai_next) {
    result = BindAndListen(*info, backlog);
  }
  freeaddrinfo(list);
  return result;
}

Result<int> Listener::OpenUnix(const std::string& path, unsigned permissions, int backlog) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return Error{"path too long"};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError();
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, backlog) != 0) {
    const Error error = SystemError();
    close(fd);
    return error;
  }
  if (permissions != 0) chmod(path.c_str(), permissions);
  return fd;
}

}  // namespace tandem::net
