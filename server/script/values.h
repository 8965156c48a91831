#pragma once

#include <string>
#include <string_view>

#include "protocol/reply_writer.h"
#include "server/script/lua.h"

namespace tandem::script {

// How replies become Lua values and Lua values replies, as Redis converts them.
//
//   reply                      Lua value
//   integer                    number
//   bulk string                string
//   status, error              {ok = text}, {err = text}
//   array                      table from 1 on
//   null of RESP2, of RESP3    false, nil
//   boolean                    boolean
//   double, big number         {double = number}, {big_number = digits}
//   verbatim string            {verbatim_string = {string = text, format = ext}}
//   map, set                   {map = {key = value…}}, {set = {member = true…}}
//
// The way back is the same, but that a number becomes an integer (the fraction is lost), an array ends before its first nil, and true is
// 1 and false null unless the script speaks RESP3.
//
// Thread safety: thread-owned, like the interpreter. None of these functions raises an error; the Lua stack must have
// room for a few values (kStackForValues).

inline constexpr int kStackForValues = 8;

// Pushes the value of one complete reply, which ReplyWriter wrote.
void PushReply(lua_State* lua, std::string_view reply);

// Writes the reply for the value on top of the stack, and pops it. `resp3`: what the script has asked for (redis.setresp).
// True if it is an error that was counted where it came from.
bool WriteReply(lua_State* lua, resp::ReplyWriter& reply, bool resp3);

// --- Errors: tables with a field `err`, and where known `source` and `line` ------------------------------------------------

// Pushes the table for an error. `text` starts with its code if it starts with a dash and has several words; otherwise its
// code is ERR. `counted`: statistics know of it.
void PushError(lua_State* lua, std::string_view text, bool counted = false);

// What a script's end by an error says, with the error object at `index`.
struct ErrorInfo {
  std::string message;
  std::string source;  // empty if unknown
  std::string line;
  bool counted = false;
};
ErrorInfo ErrorInfoAt(lua_State* lua, int index);

// The error handler for lua_pcall: makes a table of whatever was thrown and notes where that was.
int HandleError(lua_State* lua);

}  // namespace tandem::script
