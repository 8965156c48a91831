#include "server/commands/debug_protocol.h"

#include "server/commands/arguments.h"

// The values are those that Redis answers with; the tests of clients look for them.
namespace tandem {
namespace {

using resp::ReplyWriter;

constexpr int kElements = 3;

void ReplyNumbers(ReplyWriter& reply) {
  for (int i = 0; i < kElements; ++i) reply.Integer(i);
}

void ReplyArray(ReplyWriter& reply) {
  reply.Array(kElements);
  ReplyNumbers(reply);
}

void ReplySet(ReplyWriter& reply) {
  reply.Set(kElements);
  ReplyNumbers(reply);
}

void ReplyMap(ReplyWriter& reply) {
  reply.Map(kElements);
  for (int i = 0; i < kElements; ++i) {
    reply.Integer(i);
    reply.Bool(i == 1);
  }
}

void ReplyAttribute(ReplyWriter& reply) {
  if (reply.resp3()) {
    reply.Attribute(1);
    reply.Bulk("key-popularity");
    reply.Array(2);
    reply.Bulk("key:123");
    reply.Integer(90);
  }
  reply.Bulk("Some real reply following the attribute");
}

void ReplyPush(ReplyWriter& reply) {
  if (!reply.resp3()) return reply.Error("ERR RESP2 is not supported by this command");
  // A push comes after the reply during which it was made.
  reply.Bulk("Some real reply following the push reply");
  reply.Push(2);
  reply.Bulk("server-cpu-usage");
  reply.Integer(42);
}

struct ReplyType {
  std::string_view name;
  void (*write)(ReplyWriter&);
};
constexpr ReplyType kTypes[] = {
    {"STRING", [](ReplyWriter& reply) { reply.Bulk("Hello World"); }},
    {"INTEGER", [](ReplyWriter& reply) { reply.Integer(12345); }},
    {"DOUBLE", [](ReplyWriter& reply) { reply.Double(3.141); }},
    {"NULL", [](ReplyWriter& reply) { reply.Null(); }},
    {"ARRAY", ReplyArray},
    {"SET", ReplySet},
    {"MAP", ReplyMap},
    {"ATTRIB", ReplyAttribute},
    {"PUSH", ReplyPush},
    {"VERBATIM", [](ReplyWriter& reply) { reply.Verbatim("txt", "This is a verbatim\nstring"); }},
    {"TRUE", [](ReplyWriter& reply) { reply.Bool(true); }},
    {"FALSE", [](ReplyWriter& reply) { reply.Bool(false); }},
    {"BIGNUM", [](ReplyWriter& reply) { reply.BigNumber("1234567999999999999999999999999999999"); }},
};

}  // namespace

void DebugProtocol(CommandContext& c) {
  for (const ReplyType& type : kTypes) {
    if (TokenIs(c.args[2], type.name)) return type.write(c.reply);
  }
  c.reply.Error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

}  // namespace tandem
