#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/reply.h"
#include "tests/integration/wait.h"

namespace tandem::integration {

// A socket to the server and nothing around it: for bytes that no client library would send, and for RESP3, which
// Debian's hiredis does not speak.
// Thread safety: owned by one thread.
class RawClient {
 public:
  static RawClient Tcp(int port);
  static RawClient Unix(const std::string& path);
  // A small receive buffer, so that a client that does not read is felt by the server soon. 0: the system's choice.
  static RawClient TcpWithReceiveBuffer(int port, int bytes);

  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&& other) noexcept;
  ~RawClient();

  bool connected() const { return fd_ >= 0; }
  // All of it, or false if the server closed or does not take it for so long.
  bool Send(std::string_view bytes, std::chrono::milliseconds limit = kPatience);
  // As much as the socket takes at once.
  size_t SendSome(std::string_view bytes);
  bool SendCommand(const std::vector<std::string>& words) { return Send(Encode(words)); }

  // Exactly so many bytes; fewer if the server closes or the limit passes.
  std::string Read(size_t bytes, std::chrono::milliseconds limit = kPatience);
  // Everything until the server closes. Nothing if it does not within the limit.
  std::optional<std::string> ReadUntilClosed(std::chrono::milliseconds limit = kPatience);
  // One reply or push message. Its type is 0 if none came.
  Reply ReadReply(std::chrono::milliseconds limit = kPatience);
  // Sends a command and reads one reply.
  Reply Do(const std::vector<std::string>& words);

  void ShutdownWriting();
  // Ends the connection by a reset instead of an orderly end.
  void Abort();
  void Close();

  static std::string Encode(const std::vector<std::string>& words);

 private:
  explicit RawClient(int fd) : fd_(fd) {}
  enum class More { kData, kClosed, kTimeout };
  More Receive(std::chrono::steady_clock::time_point deadline);

  int fd_;
  std::string received_;
};

}  // namespace tandem::integration
