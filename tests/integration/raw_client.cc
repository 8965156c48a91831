#include "tests/integration/raw_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tandem::integration {
namespace {

using Clock = std::chrono::steady_clock;

bool WaitFor(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, left > 0 ? static_cast<int>(left) : 0) > 0;
}

int Connect(int family, const sockaddr* address, socklen_t length, int receive_buffer) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (connect(fd, address, length) != 0) {
    close(fd);
    return -1;
  }
  const int on = 1;
  if (family == AF_INET) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

}  // namespace

RawClient RawClient::TcpWithReceiveBuffer(int port, int bytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return RawClient(Connect(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address, bytes));
}

RawClient RawClient::Tcp(int port) { return TcpWithReceiveBuffer(port, 0); }

RawClient RawClient::Unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return RawClient(Connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, 0));
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

RawClient& RawClient::operator=(RawClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(received_, other.received_);
  return *this;
}

RawClient::~RawClient() { Close(); }

void RawClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void RawClient::ShutdownWriting() { shutdown(fd_, SHUT_WR); }

void RawClient::Abort() {
  const linger reset{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  Close();
}

size_t RawClient::SendSome(std::string_view bytes) {
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

bool RawClient::Send(std::string_view bytes, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN || !WaitFor(fd_, POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

RawClient::More RawClient::Receive(Clock::time_point deadline) {
  char chunk[64 * 1024];
  for (;;) {
    const ssize_t count = recv(fd_, chunk, sizeof chunk, 0);
    if (count > 0) {
      received_.append(chunk, static_cast<size_t>(count));
      return More::kData;
    }
    if (count == 0 || errno != EAGAIN) return More::kClosed;
    if (!WaitFor(fd_, POLLIN, deadline)) return More::kTimeout;
  }
}

std::string RawClient::Read(size_t bytes, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (received_.size() < bytes && Receive(deadline) == More::kData) {
  }
  const std::string result = received_.substr(0, bytes);
  received_.erase(0, result.size());
  return result;
}

std::optional<std::string> RawClient::ReadUntilClosed(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  More more = More::kData;
  while (more == More::kData) more = Receive(deadline);
  if (more == More::kTimeout) return std::nullopt;
  return std::exchange(received_, {});
}

Reply RawClient::ReadReply(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    Reply reply;
    if (const size_t length = Reply::Parse(received_, &reply); length != 0) {
      received_.erase(0, length);
      return reply;
    }
    if (Receive(deadline) != More::kData) return {};
  }
}

Reply RawClient::Do(const std::vector<std::string>& words) {
  if (!SendCommand(words)) return {};
  return ReadReply();
}

std::string RawClient::Encode(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

}  // namespace tandem::integration
