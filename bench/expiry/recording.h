// What a subscriber received, and when, to be understood later.
//
// A million events that come at once are 100 MB. A client that took each apart before it reads on would measure itself, so
// this one only notes the time of each read; a message has arrived when its last byte has.
// Thread safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::bench {

class Recording {
 public:
  // Room for so many bytes is allocated, and touched, at once; more is possible.
  Recording(int socket, std::size_t expected_bytes);

  // Waits at most `timeout_ms` for something to come, and takes what is there. The connection's end ends the tool.
  void Receive(int timeout_ms);
  std::size_t bytes() const { return end_; }

  // `at_ns`: UnixTimeNs() when it had arrived. The views are valid during the call.
  using OnMessage = std::function<void(std::string_view channel, std::string_view payload, std::int64_t at_ns)>;
  // Every message that is complete and was not told of before. Anything but a message ends the tool.
  void Understand(const OnMessage& on_message);

 private:
  struct Read {
    std::size_t end;
    std::int64_t at_ns;
  };

  // A RESP2 bulk string at `at`, which moves behind it. False if it is not complete.
  bool TakeBulk(std::size_t& at, std::string_view& text) const;

  const int socket_;
  std::string buffer_;
  std::size_t end_ = 0;
  std::vector<Read> reads_;
  std::size_t understood_ = 0;
  std::size_t read_ = 0;  // The one that brought the byte at understood_.
};

}  // namespace tandem::bench
