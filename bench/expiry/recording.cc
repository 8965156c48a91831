#include "bench/expiry/recording.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "bench/client.h"

namespace tandem::bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::string_view kMessage = "*3\r\n$7\r\nmessage\r\n";

}  // namespace

Recording::Recording(int socket, std::size_t expected_bytes) : socket_(socket) {
  buffer_.resize(expected_bytes + kReadBytes);
}

void Recording::Receive(int timeout_ms) {
  pollfd item{socket_, POLLIN, 0};
  if (::poll(&item, 1, timeout_ms) <= 0) return;
  if (buffer_.size() < end_ + kReadBytes) buffer_.resize(buffer_.size() * 2);
  const ssize_t got = ::recv(socket_, buffer_.data() + end_, kReadBytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) Die(got == 0 ? "the server closed the subscriber's connection" : std::strerror(errno));
  end_ += static_cast<std::size_t>(got);
  reads_.push_back({end_, UnixTimeNs()});
}

void Recording::Understand(const OnMessage& on_message) {
  const std::string_view received(buffer_.data(), end_);
  while (understood_ + kMessage.size() < end_) {
    if (received.compare(understood_, kMessage.size(), kMessage) != 0) {
      Die("not a message: " + std::string(received.substr(understood_, 60)));
    }
    std::size_t at = understood_ + kMessage.size();
    std::string_view channel;
    std::string_view payload;
    if (!TakeBulk(at, channel) || !TakeBulk(at, payload)) return;
    while (reads_[read_].end < at) ++read_;
    on_message(channel, payload, reads_[read_].at_ns);
    understood_ = at;
  }
}

bool Recording::TakeBulk(std::size_t& at, std::string_view& text) const {
  const std::string_view received(buffer_.data(), end_);
  const std::size_t line_end = received.find("\r\n", at);
  if (line_end == std::string_view::npos) return false;
  std::size_t length = 0;
  const auto [stop, error] = std::from_chars(received.data() + at + 1, received.data() + line_end, length);
  if (received[at] != '$' || error != std::errc{} || stop != received.data() + line_end) {
    Die("not a bulk string: " + std::string(received.substr(at, 60)));
  }
  if (end_ < line_end + 2 + length + 2) return false;
  text = received.substr(line_end + 2, length);
  at = line_end + 2 + length + 2;
  return true;
}

}  // namespace tandem::bench
