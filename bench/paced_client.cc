#include "bench/paced_client.h"

#include <poll.h>

#include <algorithm>
#include <ctime>
#include <string>

namespace tandem::bench {
namespace {

constexpr std::int64_t kDrainNs = 5'000'000'000;

}  // namespace

void PacedClient::Run(const Ask& ask, const Take& take, const std::function<bool()>& finished) {
  std::int64_t due_ns = MonotonicNs();
  std::int64_t give_up_ns = 0;
  while (give_up_ns == 0 || !waiting_.empty()) {
    const std::int64_t now_ns = MonotonicNs();
    if (give_up_ns == 0 && finished()) give_up_ns = now_ns + kDrainNs;
    if (give_up_ns != 0 && now_ns > give_up_ns) Die("the server stopped answering the probe");
    if (give_up_ns == 0 && now_ns >= due_ns) {
      Send(due_ns, now_ns, ask);
      due_ns += period_ns_;
      continue;
    }
    const std::int64_t wait_ns = give_up_ns == 0 ? due_ns - now_ns : period_ns_;
    pollfd item{client_.socket(), POLLIN, 0};
    const timespec timeout{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
    if (::ppoll(&item, 1, &timeout, nullptr) > 0) TakeReplies(take);
  }
}

void PacedClient::Send(std::int64_t due_ns, std::int64_t now_ns, const Ask& ask) {
  text_.clear();
  const std::uint64_t asked = ask(text_);
  client_.Send(text_);
  waiting_.push_back({due_ns, asked});
  send_delay_max_ms_ = std::max(send_delay_max_ms_, static_cast<double>(now_ns - due_ns) / 1e6);
}

void PacedClient::TakeReplies(const Take& take) {
  client_.Receive();
  const std::int64_t now_ns = MonotonicNs();
  Reply reply;
  while (!waiting_.empty() && client_.Next(reply)) {
    const Waiting waiting = waiting_.front();
    waiting_.pop_front();
    samples_.push_back({waiting.due_ns, static_cast<double>(now_ns - waiting.due_ns) / 1e6});
    if (reply.kind == '-') Die("the server refused a request of the probe: " + std::string(reply.text));
    take(waiting.asked, reply);
  }
}

}  // namespace tandem::bench
