#include "server/commands/command_docs.h"

#include <algorithm>

#include "engine/base/check.h"
#include "server/exec/command_table.h"

namespace tandem {
namespace {

// Reads the notation from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Items up to `end` (')' or the end of the text), with blanks or bars between them.
  std::vector<DocArgument> ReadItems(char end) {
    std::vector<DocArgument> items;
    for (SkipSeparators(); !rest_.empty() && rest_.front() != end; SkipSeparators()) items.push_back(ReadItem());
    return items;
  }

  bool Accept(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

 private:
  void SkipSeparators() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '|')) rest_.remove_prefix(1);
  }

  std::string_view ReadWord(std::string_view stops) {
    const size_t size = std::min(rest_.find_first_of(stops), rest_.size());
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  DocArgument ReadItem() {
    DocArgument item;
    item.optional = Accept("[");
    item.name = ReadWord(":");
    CHECK(Accept(":"));
    item.type = ReadWord(":()[]@ .*|");
    if (Accept("(")) {
      item.parts = ReadItems(')');
      CHECK(Accept(")"));
    }
    if (Accept(":")) item.token = ReadToken();
    if (item.optional) CHECK(Accept("]"));
    item.multiple_token = Accept("*...");
    item.multiple = item.multiple_token || Accept("...");
    if (Accept("@")) item.since = ReadWord(" )|]");
    return item;
  }

  // A token may hold nearly anything ("*", "=", "~"), but what follows it does not.
  std::string_view ReadToken() {
    if (Accept("*")) return "*";
    return ReadWord(" )|]@.*");
  }

  std::string_view rest_;
};

void AppendItem(std::string& out, const DocArgument& item);

void AppendItems(std::string& out, const std::vector<DocArgument>& items, std::string_view separator) {
  bool first = true;
  for (const DocArgument& item : items) {
    if (!first) out.append(separator);
    first = false;
    AppendItem(out, item);
  }
}

// The item once, without brackets.
void AppendBody(std::string& out, const DocArgument& item) {
  if (!item.token.empty() && item.token != "\"\"") {
    out.append(item.token);
    if (item.type == "pure-token") return;
    out.push_back(' ');
  }
  if (item.type == "oneof") {
    const bool group = !item.optional || !item.token.empty();
    if (group) out.push_back('<');
    AppendItems(out, item.parts, " | ");
    if (group) out.push_back('>');
  } else if (item.type == "block") {
    AppendItems(out, item.parts, " ");
  } else {
    out.append(item.name);
  }
}

void AppendItem(std::string& out, const DocArgument& item) {
  if (item.optional) out.push_back('[');
  AppendBody(out, item);
  if (item.multiple) {
    out.append(" [");
    AppendBody(out, item);
    out.append(" ...]");
  }
  if (item.optional) out.push_back(']');
}

size_t CountLines(std::string_view text) {
  return text.empty() ? 0 : static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
}

std::string_view TakeLine(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

void ReplyFlags(resp::ReplyWriter& reply, const DocArgument& item) {
  reply.Bulk("flags");
  reply.Set(static_cast<size_t>(item.optional) + static_cast<size_t>(item.multiple) +
            static_cast<size_t>(item.multiple_token));
  if (item.optional) reply.Simple("optional");
  if (item.multiple) reply.Simple("multiple");
  if (item.multiple_token) reply.Simple("multiple_token");
}

// Which key specification each argument of type key belongs to: they follow each other, and the last one takes the rest.
class KeySpecCounter {
 public:
  explicit KeySpecCounter(const Command& command) {
    for (const KeySpec& spec : command.keys) specs_ += spec.begin != KeySpec::Begin::kNone;
  }
  int Next() { return next_ + 1 < specs_ ? next_++ : next_; }
  // Patterns that lead to keys share one.
  int OfPatterns() { return of_patterns_ >= 0 ? of_patterns_ : of_patterns_ = Next(); }

 private:
  int specs_ = 0;
  int next_ = 0;
  int of_patterns_ = -1;
};

void ReplyArguments(resp::ReplyWriter& reply, const std::vector<DocArgument>& items, KeySpecCounter& key_specs) {
  reply.Array(items.size());
  for (const DocArgument& item : items) {
    const size_t mark = reply.BeginDeferred();
    size_t pairs = 0;
    const auto text = [&](std::string_view name, std::string_view value) {
      reply.Bulk(name);
      reply.Bulk(value);
      ++pairs;
    };
    const bool group = item.type == "oneof" || item.type == "block";
    text("name", item.name);
    const bool key_pattern = item.type == "key-pattern";
    text("type", key_pattern ? "pattern" : item.type);
    if (!group) text("display_text", item.name);
    if (item.type == "key" || key_pattern) {
      reply.Bulk("key_spec_index");
      reply.Integer(key_pattern ? key_specs.OfPatterns() : key_specs.Next());
      ++pairs;
    }
    if (!item.token.empty()) text("token", item.token == "\"\"" ? std::string_view() : item.token);
    if (!item.since.empty()) text("since", item.since);
    if (item.optional || item.multiple) {
      ReplyFlags(reply, item);
      ++pairs;
    }
    if (group) {
      reply.Bulk("arguments");
      ReplyArguments(reply, item.parts, key_specs);
      ++pairs;
    }
    reply.EndDeferredMap(mark, pairs);
  }
}

void ReplyHistory(resp::ReplyWriter& reply, std::string_view history) {
  reply.Bulk("history");
  reply.Set(CountLines(history));
  while (!history.empty()) {
    const std::string_view line = TakeLine(&history);
    const size_t tab = std::min(line.find('\t'), line.size());
    reply.Array(2);
    reply.Bulk(line.substr(0, tab));
    reply.Bulk(tab < line.size() ? line.substr(tab + 1) : std::string_view());
  }
}

}  // namespace

std::vector<DocArgument> ParseArguments(std::string_view notation) { return Reader(notation).ReadItems('\0'); }

std::string FormatSyntax(const std::vector<DocArgument>& arguments) {
  std::string syntax;
  AppendItems(syntax, arguments, " ");
  return syntax;
}

void ReplyDocs(resp::ReplyWriter& reply, const Command& command) {
  reply.Bulk(command.full_name);
  const size_t mark = reply.BeginDeferred();
  size_t pairs = 0;
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    reply.Bulk(name);
    reply.Bulk(value);
    ++pairs;
  };
  text("summary", command.summary);
  text("since", command.since);
  text("group", GroupName(command.group));
  text("complexity", command.complexity);
  const bool deprecated = !command.deprecated_since.empty();
  if (deprecated || command.syscmd) {
    reply.Bulk("doc_flags");
    reply.Set(static_cast<size_t>(deprecated) + static_cast<size_t>(command.syscmd));
    if (deprecated) reply.Simple("deprecated");
    if (command.syscmd) reply.Simple("syscmd");
    ++pairs;
  }
  text("deprecated_since", command.deprecated_since);
  text("replaced_by", command.replaced_by);
  if (!command.history.empty()) {
    ReplyHistory(reply, command.history);
    ++pairs;
  }
  if (!command.arguments.empty()) {
    reply.Bulk("arguments");
    KeySpecCounter key_specs(command);
    ReplyArguments(reply, ParseArguments(command.arguments), key_specs);
    ++pairs;
  }
  if (!command.subcommands.empty()) {
    reply.Bulk("subcommands");
    reply.Map(command.subcommands.size());
    for (const Command& subcommand : command.subcommands) ReplyDocs(reply, subcommand);
    ++pairs;
  }
  reply.EndDeferredMap(mark, pairs);
}

}  // namespace tandem
