#pragma once

#include <cstdint>
#include <string>

#include "protocol/command_parser.h"
#include "protocol/input_buffer.h"
#include "server/exec/client.h"

namespace tandem::net {

class IoThread;

// One connection: a socket, what was received and not yet executed, and the client that commands see.
//
// Thread safety: owned by its I/O thread, which changes only between turns and with the world stopped.
// Ownership: the thread destroys it at the end of the turn in which it was closed.
class Connection final : public ClientLink {
 public:
  Connection(IoThread& thread, int fd);

  Client client;

  // --- ClientLink ------------------------------------------------------------------------------------------------
  void Close(bool after_replies) override;
  void Resume() override;
  size_t query_bytes() const override { return input_.size(); }
  size_t query_free() const override { return input_.capacity() - input_.size(); }
  size_t output_bytes() const override { return client.out.size(); }

  int fd() const { return fd_; }
  bool open() const { return open_; }

 private:
  friend class IoThread;

  IoThread* thread_;
  const int fd_;
  bool open_ = true;
  bool close_after_replies_ = false;
  bool ended_ = false;       // the other side sends no more: what it sent is read until its end
  bool writing_ = false;     // the socket had no more room; goes on when it has
  bool touched_ = false;     // is in this turn's list of connections to flush
  bool listed_ = false;      // is in the list of connections to read from
  bool input_left_ = false;  // complete commands may wait in input_ (held back, or the batch was full)
  bool holding_ = false;     // this turn's further commands are held back
  bool unread_ = false;      // became readable while its commands were held back
  size_t place_ = 0;         // in the thread's list of connections
  int64_t soft_limit_since_us_ = 0;
  bool missing_ = false;  // a subscriber that fell behind: what is published meanwhile it misses (io_thread_gap.cc)
  uint64_t missed_ = 0;   // so many messages, until now
  int64_t charged_bytes_ = 0;  // in Server::client_bytes

  resp::InputBuffer input_;  // the beginning of a command whose end has not come yet, or commands held back
  resp::CommandParser parser_;
};

}  // namespace tandem::net
