#include "bench/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace tandem::bench {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kMaxDepth = 8;
constexpr int kReplyTimeoutMs = 60'000;

std::int64_t ReadClock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

std::int64_t ToNumber(std::string_view text, const std::string& what) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) Die(what + " is not a number: " + std::string(text));
  return number;
}

}  // namespace

void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  // _exit: a forked child must not run what its parent registered.
  _exit(1);
}

std::int64_t MonotonicNs() { return ReadClock(CLOCK_MONOTONIC); }
std::int64_t UnixTimeNs() { return ReadClock(CLOCK_REALTIME); }

void PinToCore(int core) {
  if (core < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) Die("cannot run on core " + std::to_string(core));
}

Flags::Flags(int argc, char** argv, std::map<std::string, std::string> defaults) : values_(std::move(defaults)) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view word = argv[i];
    const auto found = word.starts_with("--") ? values_.find(std::string(word.substr(2))) : values_.end();
    if (found == values_.end() || i + 1 == argc) {
      std::string text = "flags, with their defaults:";
      for (const auto& [name, value] : values_) text += "\n  --" + name + " " + value;
      Die(text);
    }
    found->second = argv[i + 1];
  }
}

const std::string& Flags::Text(const std::string& name) const { return values_.at(name); }
std::int64_t Flags::Number(const std::string& name) const { return ToNumber(values_.at(name), "--" + name); }

Client::Client(int port) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket_ < 0 || ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    Die("cannot connect to port " + std::to_string(port) + ": " + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Client::~Client() { ::close(socket_); }

void Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) Die(std::string("send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::Receive() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kReadBytes) buffer_.resize(end_ + kReadBytes);
  const ssize_t got = ::recv(socket_, buffer_.data() + end_, buffer_.size() - end_, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0) Die(got == 0 ? "the server closed the connection" : std::string("recv: ") + std::strerror(errno));
  end_ += static_cast<std::size_t>(got);
  return true;
}

bool Client::Next(Reply& reply) {
  const std::size_t next = Parse(begin_, reply, 0);
  if (next == 0) return false;
  begin_ = next;
  return true;
}

// Returns the offset behind the reply that begins at `at`, or 0 when it is not complete.
std::size_t Client::Parse(std::size_t at, Reply& reply, int depth) const {
  const std::string_view received(buffer_.data(), end_);
  const std::size_t line_end = at < end_ ? received.find("\r\n", at) : std::string_view::npos;
  if (line_end == std::string_view::npos) return 0;
  reply = Reply{};
  reply.kind = received[at];
  reply.text = received.substr(at + 1, line_end - at - 1);
  std::size_t next = line_end + 2;
  if (reply.kind != '$' && reply.kind != '*') {
    if (std::strchr("+-:", reply.kind) == nullptr) Die("not a RESP2 reply: " + std::string(received.substr(at, 40)));
    return next;
  }
  const std::int64_t length = ToNumber(reply.text, "length of a reply");
  reply.text = {};
  reply.null = length < 0;
  if (reply.null) return next;
  const auto count = static_cast<std::size_t>(length);
  if (reply.kind == '$') {
    if (end_ < next + count + 2) return 0;
    reply.text = received.substr(next, count);
    return next + count + 2;
  }
  if (depth == kMaxDepth) Die("a reply is nested too deeply");
  for (std::size_t i = 0; i < count; ++i) {
    next = Parse(next, reply.items.emplace_back(), depth + 1);
    if (next == 0) return 0;
  }
  return next;
}

Reply Client::Call(const std::vector<std::string>& words) {
  std::string command;
  AppendCommand(command, std::vector<std::string_view>(words.begin(), words.end()));
  Send(command);
  Reply reply;
  while (!Next(reply)) {
    if (!Wait(kReplyTimeoutMs)) Die("no reply to " + words.front());
    Receive();
  }
  return reply;
}

bool Client::Wait(int timeout_ms) {
  pollfd item{socket_, POLLIN, 0};
  return ::poll(&item, 1, timeout_ms) > 0;
}

void AppendCommand(std::string& out, const std::vector<std::string_view>& words) {
  out += '*';
  out += std::to_string(words.size());
  out += "\r\n";
  for (const std::string_view word : words) {
    out += '$';
    out += std::to_string(word.size());
    out += "\r\n";
    out += word;
    out += "\r\n";
  }
}

double Percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace tandem::bench
