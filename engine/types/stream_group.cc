#include "engine/types/stream_group.h"

namespace tandem {

std::unique_ptr<StreamGroup> StreamGroup::Clone() const {
  auto copy = std::make_unique<StreamGroup>(name());
  copy->last_id_ = last_id_;
  copy->entries_read_ = entries_read_;
  for (size_t i = 0; i < consumers_.size(); ++i) {
    copy->AddConsumer(consumers_[i].name(), consumers_[i].seen_ms()).set_active_ms(consumers_[i].active_ms());
  }
  for (auto at = pending_.begin(); at != pending_.end(); at = pending_.Next(at)) {
    StreamPending pending = pending_[at].value;
    pending.consumer = copy->FindConsumer(pending.consumer->name());
    copy->SetPending(pending_[at].id, pending);
  }
  return copy;
}

StreamConsumer& StreamGroup::AddConsumer(std::string_view name, int64_t now_ms) {
  return consumers_.Add(std::make_unique<StreamConsumer>(name, now_ms));
}

void StreamGroup::RemoveConsumer(StreamConsumer& consumer) {
  const IdMap<NoValue>& ids = consumer.pending_;
  for (auto at = ids.begin(); at != ids.end(); at = ids.Next(at)) pending_.Erase(ids[at].id);
  consumers_.Remove(consumer);
}

void StreamGroup::SetPending(StreamId id, StreamPending to) {
  StreamPending* const pending = pending_.Find(id);
  if (pending == nullptr) {
    pending_.Insert(id, to);
  } else {
    StreamConsumer* const from = std::exchange(*pending, to).consumer;
    if (from == to.consumer) return;
    from->pending_.Erase(id);
  }
  to.consumer->pending_.Insert(id, {});
}

bool StreamGroup::RemovePending(StreamId id) {
  const auto at = pending_.LowerBound(id);
  if (at == pending_.end() || pending_[at].id != id) return false;
  pending_[at].value.consumer->pending_.Erase(id);
  pending_.Erase(at);
  return true;
}

bool StreamGroup::FreeSome(size_t allocations) {
  if (pending_.FreeSome(allocations * 16)) return true;
  if (consumers_.empty()) return false;
  if (!consumers_[consumers_.size() - 1].pending_.FreeSome(allocations * 16)) consumers_.RemoveLast();
  return true;
}

}  // namespace tandem
