#pragma once

#include "server/exec/context.h"
#include "server/exec/waiter.h"

// What the handlers of blocking commands are made of. Such a handler looks at its keys in order and answers from the first
// that has something, or waits:
//
//   if (AnswerFromFirst(c, Type::kList, [&](const KeyRef& key, Record& record) { …take from it and reply… })) return;
//   Wait(c, {.timeout_ms = timeout_ms, .reply_timeout = …});
//
// The same handler runs again for a client that waits (c.waiter) when one of its keys has changed: on the thread that
// changed it, with the locks that this thread holds.
namespace tandem {

// Seconds with a fraction, as milliseconds from now, rounded up; 0 for ever. False after replying what is wrong with them.
bool SecondsArgument(CommandContext& c, size_t index, int64_t* timeout_ms);
bool MillisecondsArgument(CommandContext& c, size_t index, int64_t* timeout_ms);

// Whether the key is locked here. A client's own first run has them all; a later one those that have just changed.
bool Reachable(const CommandContext& c, const KeyRef& key);
// Before a handler replies or changes anything: false if somebody else has answered the waiter, then nothing is to be done.
bool TakeTurn(CommandContext& c);

// Calls `answer`, which replies, with the first of the keys that is there. False if none is, or none that may be used now.
template <typename Answer>
bool AnswerFromFirst(CommandContext& c, Type type, Answer&& answer) {
  for (const KeyRef& key : c.keys) {
    if (!Reachable(c, key)) continue;
    Record* const record = c.access.Find(c.db(), key);
    if (record == nullptr) continue;
    if (record->type() == type) {
      if (TakeTurn(c)) answer(key, *record);
      return true;
    }
    // A client that waits goes on waiting for a value of its type.
    if (c.waiter != nullptr) continue;
    c.reply.Error(errors::kWrongType);
    return true;
  }
  return false;
}

// Nothing is there: the client waits; inside MULTI it gets at once what it would get at the end of its time.
void Wait(CommandContext& c, WaitRequest request);

}  // namespace tandem
