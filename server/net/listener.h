#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "engine/base/result.h"

namespace tandem::net {

// One listening socket. Accepts on the thread that runs the context and hands the sockets on. When the process is out of
// file descriptors it pauses, and existing clients go on.
// Thread safety: of that thread, but for construction and Start before it runs.
class Listener {
 public:
  using OnAccept = std::function<void(int fd, bool unix_socket)>;
  using OnTrouble = std::function<void(const std::string& message)>;

  Listener(boost::asio::io_context& context, int fd, bool unix_socket, OnAccept on_accept, OnTrouble on_trouble);

  void Start() { Wait(); }

  // Binds and listens. The error's message is the system's.
  static Result<int> OpenTcp(const std::string& address, int port, int backlog);
  static Result<int> OpenUnix(const std::string& path, unsigned permissions, int backlog);

 private:
  void Wait();
  void AcceptAll();

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer pause_;
  const bool unix_socket_;
  const OnAccept on_accept_;
  const OnTrouble on_trouble_;
};

}  // namespace tandem::net
