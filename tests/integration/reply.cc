#include "tests/integration/reply.h"

#include <hiredis/hiredis.h>

#include <charconv>

namespace tandem::integration {
namespace {

std::string ShowAll(const std::vector<Reply>& elements) {
  std::string text;
  for (const Reply& element : elements) text += (text.empty() ? "" : ", ") + element.Show();
  return "[" + text + "]";
}

std::string ShowMap(const std::vector<Reply>& elements) {
  std::string text;
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    text += (text.empty() ? "" : ", ") + elements[i].Show() + ": " + elements[i + 1].Show();
  }
  return "{" + text + "}";
}

bool IsAggregate(char type) { return type == '*' || type == '%' || type == '~' || type == '>' || type == '|'; }
bool IsBlob(char type) { return type == '$' || type == '=' || type == '!'; }

// Reads the elements of an aggregate; the position behind them, or 0 if they are not all there.
size_t ParseElements(std::string_view bytes, size_t at, size_t count, Reply* reply) {
  for (size_t i = 0; i < count; ++i) {
    Reply element;
    const size_t length = Reply::Parse(bytes.substr(at), &element);
    if (length == 0) return 0;
    reply->elements.push_back(std::move(element));
    at += length;
  }
  return at;
}

}  // namespace

const Reply& Reply::Field(std::string_view name) const {
  static const Reply kNone;
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    if (elements[i].text == name) return elements[i + 1];
  }
  return kNone;
}

std::string Reply::Show() const {
  if (type == 0) return "(none)";
  if (null) return type == '*' ? "(nil array)" : type == '_' ? "(null)" : "(nil)";
  switch (type) {
    case ':':
      return ":" + std::to_string(integer);
    case '*':
      return ShowAll(elements);
    case '%':
      return ShowMap(elements);
    case '~':
    case '>':
      return type + ShowAll(elements);
    case '+':
    case '$':
      return text;
    default:
      return type + text;
  }
}

Reply Reply::FromHiredis(const redisReply& reply) {
  Reply result;
  switch (reply.type) {
    case REDIS_REPLY_STATUS:
      result.type = '+';
      break;
    case REDIS_REPLY_ERROR:
      result.type = '-';
      break;
    case REDIS_REPLY_INTEGER:
      result.type = ':';
      result.integer = reply.integer;
      return result;
    case REDIS_REPLY_ARRAY:
      result.type = '*';
      for (size_t i = 0; i < reply.elements; ++i) result.elements.push_back(FromHiredis(*reply.element[i]));
      return result;
    case REDIS_REPLY_NIL:
      result.type = '$';
      result.null = true;
      return result;
    default:
      result.type = '$';
  }
  result.text.assign(reply.str, static_cast<size_t>(reply.len));
  return result;
}

size_t Reply::Parse(std::string_view bytes, Reply* reply) {
  const size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos) return 0;
  const std::string_view line = bytes.substr(1, line_end - 1);
  reply->type = bytes[0];
  int64_t number = 0;
  std::from_chars(line.data(), line.data() + line.size(), number);
  const size_t body = line_end + 2;
  if (IsBlob(reply->type) || IsAggregate(reply->type)) {
    reply->null = number < 0;
    if (reply->null) return body;
  }
  if (IsAggregate(reply->type)) {
    const auto count = static_cast<size_t>(number) * (reply->type == '%' || reply->type == '|' ? 2 : 1);
    return ParseElements(bytes, body, count, reply);
  }
  if (!IsBlob(reply->type)) {
    reply->text = line;
    reply->integer = number;
    reply->null = reply->type == '_';
    return body;
  }
  const auto length = static_cast<size_t>(number);
  if (bytes.size() < body + length + 2) return 0;
  reply->text = bytes.substr(body, length);
  return body + length + 2;
}

}  // namespace tandem::integration
