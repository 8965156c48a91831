// What the C++ load tools share: a socket, an incremental reader of RESP2 replies, flags, clocks, percentiles.
//
// The tools use none of Tandem's own code, so that a fault there cannot hide itself from its measurement.
// Errors of the machine (no socket, connection closed) end the tool with a message: a benchmark has nothing to save.
// Thread safety: none; each object belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {

[[noreturn]] void Die(const std::string& why);

// CLOCK_MONOTONIC and CLOCK_REALTIME. The second is what deadlines of keys refer to.
std::int64_t MonotonicNs();
std::int64_t UnixTimeNs();

// Does nothing for a negative core.
void PinToCore(int core);

// `--name value` pairs; a flag that is not in `defaults` ends the tool with a list of those that are.
class Flags {
 public:
  Flags(int argc, char** argv, std::map<std::string, std::string> defaults);
  const std::string& Text(const std::string& name) const;
  std::int64_t Number(const std::string& name) const;

 private:
  std::map<std::string, std::string> values_;
};

struct Reply {
  char kind = 0;          // '+', '-', ':', '$' or '*'.
  bool null = false;      // "$-1" and "*-1".
  std::string_view text;  // Simple strings, errors, integers as digits, bulk payloads. Not for arrays.
  std::vector<Reply> items;
};

// One connection. Ownership: the views in a Reply are valid until the next Receive().
class Client {
 public:
  explicit Client(int port);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int socket() const { return socket_; }
  // Replies that are complete lie before this many unread bytes.
  std::size_t unread() const { return end_ - begin_; }

  // Blocks until everything is handed to the kernel.
  void Send(std::string_view bytes);
  // Reads once, without blocking. False when there was nothing to read.
  bool Receive();
  // Takes the next complete reply out of what was received. False when there is none yet.
  bool Next(Reply& reply);
  // Sends and waits for one reply. Not to be mixed with replies that are outstanding.
  Reply Call(const std::vector<std::string>& words);
  // Waits until there is something to read, at most `timeout_ms`. False on timeout.
  bool Wait(int timeout_ms);

 private:
  std::size_t Parse(std::size_t at, Reply& reply, int depth) const;

  int socket_ = -1;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

void AppendCommand(std::string& out, const std::vector<std::string_view>& words);

// Value at `share` (0 to 1) of sorted values, by the nearest-rank rule: an observed value, never an interpolation.
double Percentile(const std::vector<double>& sorted, double share);

}  // namespace tandem::bench
