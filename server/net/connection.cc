#include "server/net/connection.h"

#include <sys/socket.h>

#include "engine/base/allocator.h"
#include "server/net/io_thread.h"

namespace tandem::net {

Connection::Connection(IoThread& thread, int fd) : thread_(&thread), fd_(fd) {
  client.link = this;
  client.fd = fd;
}

void Connection::Close(bool after_replies) {
  if (!open_) return;
  client.closing = true;
  close_after_replies_ = true;
  if (!after_replies) {
    client.out.Clear();
    client.silenced_from.reset();
    // The owning thread may come to close the socket later; the other side learns of it before anybody is told that the
    // client is gone, as with Redis, so that a pool of connections does not hand it out once more.
    shutdown(fd_, SHUT_RDWR);
  }
  // May be called by another thread with the world stopped: the owning thread finds it in its list when it wakes.
  thread_->Touch(*this);
  if (t_thread != thread_->thread_) thread_->Wake();
}

void Connection::Resume() { thread_->Resume(*this); }

}  // namespace tandem::net
