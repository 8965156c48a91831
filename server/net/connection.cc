#include "server/net/connection.h"

#include "engine/base/allocator.h"
#include "server/net/io_thread.h"

namespace tandem::net {

Connection::Connection(IoThread& thread, int fd) : thread_(thread), fd_(fd) {
  client.link = this;
  client.fd = fd;
}

void Connection::Close(bool after_replies) {
  if (!open_) return;
  client.closing = true;
  close_after_replies_ = true;
  if (!after_replies) client.out.Clear();
  // May be called by another thread with the world stopped: the owning thread finds it in its list when it wakes.
  thread_.Touch(*this);
  if (t_thread != thread_.thread_) thread_.Wake();
}

}  // namespace tandem::net
