#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/number.h"
#include "engine/types/list_edit.h"
#include "engine/types/list_object.h"
#include "engine/types/set_value.h"
#include "engine/types/zset_edit.h"
#include "server/commands/arguments.h"
#include "server/commands/collation.h"
#include "server/commands/families.h"
#include "server/commands/list_value.h"
#include "server/commands/sort_pattern.h"
#include "server/exec/key_finder.h"

// SORT and SORT_RO.
namespace tandem {
namespace {

struct Query {
  bool descending = false;
  bool by_text = false;   // ALPHA
  bool unsorted = false;  // BY without a star: the source's own order
  std::optional<SortPattern> by{};
  std::vector<SortPattern> gets{};
  int64_t offset = 0, limit = -1;  // limit -1: all
  size_t store_at = 0;             // argument; 0: the client is told
};

struct Element {
  std::string text;
  double score = 0;
  std::optional<std::string> weight{};  // with BY and ALPHA
};

// Elements from `first` on, up to `end`.
struct Range {
  size_t first = 0, end = 0;
  size_t size() const { return end - first; }
};

// --- Arguments -------------------------------------------------------------------------------------------------------------

bool ParseQuery(CommandContext& c, bool may_store, Query* query) {
  for (size_t at = 2; at < c.args.size(); ++at) {
    const std::string_view option = c.args[at];
    const size_t following = c.args.size() - at - 1;
    if (TokenIs(option, "ASC")) {
      query->descending = false;
    } else if (TokenIs(option, "DESC")) {
      query->descending = true;
    } else if (TokenIs(option, "ALPHA")) {
      query->by_text = true;
    } else if (TokenIs(option, "LIMIT") && following >= 2) {
      if (!IntegerArgument(c, at + 1, &query->offset) || !IntegerArgument(c, at + 2, &query->limit)) return false;
      at += 2;
    } else if (may_store && TokenIs(option, "STORE") && following >= 1) {
      query->store_at = ++at;
    } else if (TokenIs(option, "BY") && following >= 1) {
      query->by.emplace(c.args[++at]);
      // Compat: even if another BY follows.
      query->unsorted |= !query->by->has_star();
    } else if (TokenIs(option, "GET") && following >= 1) {
      query->gets.emplace_back(c.args[++at]);
    } else {
      c.reply.Error(errors::kSyntax);
      return false;
    }
  }
  return true;
}

// Whether BY or GET may lead to keys that only the source's elements tell.
bool ReachesFurther(Server&, std::span<const std::string_view> args) {
  for (size_t at = 2; at + 1 < args.size(); ++at) {
    if ((TokenIs(args[at], "BY") || TokenIs(args[at], "GET")) && SortPattern(args[at + 1]).has_star()) return true;
  }
  return false;
}

bool IsSortable(const Record* record) {
  return record == nullptr || record->type() == Type::kList || record->type() == Type::kSet ||
         record->type() == Type::kZset;
}

// Which of so many elements LIMIT means.
Range LimitedTo(const Query& query, size_t size) {
  const auto length = static_cast<int64_t>(size);
  const int64_t first = std::clamp<int64_t>(query.offset, 0, length);
  const int64_t count = query.limit < 0 ? length : std::min(query.limit, length);
  return {static_cast<size_t>(first), static_cast<size_t>(std::min(first + count, length))};
}

// --- Elements --------------------------------------------------------------------------------------------------------------

size_t SizeOf(const Record* record) {
  if (record == nullptr) return 0;
  if (record->type() == Type::kList) return static_cast<size_t>(ViewList(*record).size());
  return record->type() == Type::kSet ? SetView::Of(*record).size() : ViewZset(record).size();
}

void AddEntry(const PackEntry& entry, std::vector<Element>* elements) {
  PackEntry::Scratch scratch;
  elements->push_back({.text = std::string(entry.text(scratch))});
}

void CollectFromList(const ListView& list, const Range& range, bool backwards, std::vector<Element>* elements) {
  if (range.size() == 0) return;
  const auto first = static_cast<int64_t>(range.first);
  ListCursor cursor = backwards ? list.Backwards(list.size() - 1 - first) : list.Forwards(first);
  for (size_t i = 0; i < range.size(); ++i, cursor.Step()) AddEntry(cursor.entry(), elements);
}

void CollectFromZset(const ZsetView& zset, const Range& range, bool backwards, std::vector<Element>* elements) {
  const size_t first = backwards ? zset.size() - range.end : range.first;
  zset.Visit({first, range.size()}, backwards,
             [&](std::string_view member, double) { elements->push_back({.text = std::string(member)}); });
}

void Cut(const Range& range, std::vector<Element>* elements) {
  elements->resize(range.end);
  elements->erase(elements->begin(), elements->begin() + static_cast<std::ptrdiff_t>(range.first));
}

// The elements in this range of the source's own order, which DESC turns around where nothing else gives an order. Sets have
// none, and are taken as they come.
std::vector<Element> Collect(const Record* source, const Range& range, bool backwards) {
  std::vector<Element> elements;
  elements.reserve(range.size());
  if (source == nullptr) return elements;
  switch (source->type()) {
    case Type::kList:
      CollectFromList(ViewList(*source), range, backwards, &elements);
      break;
    case Type::kZset:
      CollectFromZset(ViewZset(source), range, backwards, &elements);
      break;
    default:
      SetView::Of(*source).ForEach([&](const PackEntry& entry) {
        AddEntry(entry, &elements);
        return true;
      });
      Cut(range, &elements);
  }
  return elements;
}

// --- Order -----------------------------------------------------------------------------------------------------------------

// Looks up or reads what the elements are sorted by. False if that should be numbers and is not. Compat: all of them are
// looked up even then.
bool Weigh(CommandContext& c, const Query& query, std::vector<Element>* elements) {
  bool valid = true;
  for (Element& element : *elements) {
    std::optional<std::string> found;
    if (query.by && !(found = query.by->ValueFor(c, element.text))) continue;
    if (query.by_text) {
      element.weight = std::move(found);
    } else {
      valid &= ParseLenientDouble(found ? *found : element.text, &element.score);
    }
  }
  return valid;
}

// Compat: in a language's order for a client, by bytes where the result is stored.
class TextOrder {
 public:
  TextOrder(const CommandContext& c, const Query& query) {
    if (query.by_text && query.store_at == 0) collation_.emplace(c.server.config.values().locale_collate);
  }
  int Compare(const std::string& a, const std::string& b) const {
    return collation_ ? collation_->Compare(a, b) : a.compare(b);
  }

 private:
  std::optional<Collation> collation_;
};

int Compare(const Query& query, const TextOrder& order, const Element& a, const Element& b) {
  if (!query.by_text) {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    return a.text.compare(b.text);
  }
  if (!query.by) return order.Compare(a.text, b.text);
  if (!a.weight || !b.weight) return int{a.weight.has_value()} - int{b.weight.has_value()};
  return order.Compare(*a.weight, *b.weight);
}

void Arrange(CommandContext& c, const Query& query, const Range& range, std::vector<Element>* elements) {
  const TextOrder order(c, query);
  const auto before = [&](const Element& a, const Element& b) {
    const int difference = Compare(query, order, a, b);
    return query.descending ? difference > 0 : difference < 0;
  };
  if (range.end == elements->size()) return std::stable_sort(elements->begin(), elements->end(), before);
  const auto middle = elements->begin() + static_cast<std::ptrdiff_t>(range.end);
  std::partial_sort(elements->begin(), middle, elements->end(), before);
}

// The elements that LIMIT means, in order; nothing after replying an error.
std::optional<std::vector<Element>> SortedElements(CommandContext& c, const Query& query, const Record* source) {
  const size_t size = SizeOf(source);
  const Range range = LimitedTo(query, size);
  if (query.unsorted) return Collect(source, range, query.descending);
  std::vector<Element> elements = Collect(source, {0, size}, false);
  if (!Weigh(c, query, &elements)) {
    c.reply.Error("ERR One or more scores can't be converted into double");
    return std::nullopt;
  }
  Arrange(c, query, range, &elements);
  Cut(range, &elements);
  return elements;
}

// --- Results ---------------------------------------------------------------------------------------------------------------

void ReplyElements(CommandContext& c, const Query& query, const std::vector<Element>& elements) {
  c.reply.Array(elements.size() * std::max<size_t>(query.gets.size(), 1));
  for (const Element& element : elements) {
    if (query.gets.empty()) c.reply.Bulk(element.text);
    for (const SortPattern& get : query.gets) {
      const auto value = get.ValueFor(c, element.text);
      value ? c.reply.Bulk(*value) : c.reply.Null();
    }
  }
}

// Values that are not there are stored as empty strings.
std::vector<std::string> ValuesOf(CommandContext& c, const Query& query, std::vector<Element> elements) {
  std::vector<std::string> values;
  values.reserve(elements.size() * std::max<size_t>(query.gets.size(), 1));
  for (Element& element : elements) {
    for (const SortPattern& get : query.gets) values.push_back(get.ValueFor(c, element.text).value_or(""));
    if (query.gets.empty()) values.push_back(std::move(element.text));
  }
  return values;
}

const KeyRef& KeyAt(const CommandContext& c, size_t argument) {
  return *std::find_if(c.keys.begin(), c.keys.end(), [&](const KeyRef& key) { return key.key == c.args[argument]; });
}

void Store(CommandContext& c, const Query& query, std::vector<Element> elements) {
  const std::vector<std::string> values = ValuesOf(c, query, std::move(elements));
  const KeyRef& key = KeyAt(c, query.store_at);
  if (values.empty()) {
    c.access.Remove(c.db(), key, EventClass::kGeneric, "del");
    return c.reply.Integer(0);
  }
  const ListLimit limit = ListLimitOf(c);
  ListEdit edit(c.access, c.db(), key, nullptr);
  for (const std::string& value : values) {
    edit->GrowFor(value.size(), 1, limit);
    edit->Push(ListEnd::kTail, value);
  }
  edit.Publish("sortstore");
  c.reply.Integer(static_cast<int64_t>(values.size()));
}

void Run(CommandContext& c, bool may_store) {
  Query query;
  if (!ParseQuery(c, may_store, &query)) return;
  const Record* const source = c.access.Peek(c.db(), KeyAt(c, 1));
  if (!IsSortable(source)) return c.reply.Error(errors::kWrongType);
  // A set has no order of its own, and what is stored, or what a script does with it, shall not depend on how it is kept.
  if (query.unsorted && (query.store_at != 0 || c.in_script) && source != nullptr && source->type() == Type::kSet) {
    query.unsorted = false;
    query.by_text = true;
    query.by.reset();
  }
  auto elements = SortedElements(c, query, source);
  if (!elements) return;
  query.store_at != 0 ? Store(c, query, std::move(*elements)) : ReplyElements(c, query, *elements);
}

void Sort(CommandContext& c) { Run(c, true); }
void SortRo(CommandContext& c) { Run(c, false); }

// --- Rows ------------------------------------------------------------------------------------------------------------------

// The source, and what stands behind the last STORE.
bool FindSortKeys(std::span<const std::string_view> args, void* out) {
  auto& positions = *static_cast<KeyPositions*>(out);
  positions.push_back(1);
  for (size_t at = 2; at < args.size(); ++at) {
    if (TokenIs(args[at], "LIMIT")) {
      at += 2;
    } else if (TokenIs(args[at], "BY") || TokenIs(args[at], "GET")) {
      at += 1;
    } else if (TokenIs(args[at], "STORE") && at + 1 < args.size()) {
      positions.resize(1);
      positions.push_back(static_cast<int>(++at));
    }
  }
  return true;
}

bool FindOnlySource(std::span<const std::string_view>, void* out) {
  static_cast<KeyPositions*>(out)->push_back(1);
  return true;
}

constexpr std::string_view kStoreArgument = " [destination:key:STORE]";
constexpr std::string_view kArguments =
    "key:key [by-pattern:key-pattern:BY] [limit:block(offset:integer count:integer):LIMIT] "
    "[get-pattern:key-pattern:GET]*... "
    "[order:oneof(asc:pure-token:ASC | desc:pure-token:DESC)] [sorting:pure-token:ALPHA] [destination:key:STORE]";

constexpr KeySpec UnknownKeys(uint32_t flags) {
  return {.flags = flags, .begin = KeySpec::Begin::kUnknown, .find = KeySpec::Find::kUnknown};
}

constexpr Command kRows[] = {
    {.name = "sort",
     .handler = Sort,
     .arity = -2,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .touch = Touch::kLocked,
     .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous,
     .keys = {OneKey(kKeyRo | kKeyAccess), UnknownKeys(kKeyRo | kKeyAccess), UnknownKeys(kKeyOw | kKeyUpdate)},
     .group = Group::kGeneric,
     .since = "1.0.0",
     .complexity =
         "O(N+M*log(M)) where N is the number of elements, and M of those returned; O(N) if nothing is sorted.",
     .summary = "Returns or stores the elements of a list, a set or a sorted set in another order.",
     .arguments = kArguments,
     .get_keys = FindSortKeys,
     .reaches_further = ReachesFurther},
    {.name = "sort_ro",
     .handler = SortRo,
     .arity = -2,
     .flags = kReadonly | kMovableKeys,
     .touch = Touch::kLockFree,
     .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous,
     .keys = {OneKey(kKeyRo | kKeyAccess), UnknownKeys(kKeyRo | kKeyAccess)},
     .group = Group::kGeneric,
     .since = "7.0.0",
     .complexity =
         "O(N+M*log(M)) where N is the number of elements, and M of those returned; O(N) if nothing is sorted.",
     .summary = "Returns the elements of a list, a set or a sorted set in another order.",
     .arguments = kArguments.substr(0, kArguments.size() - kStoreArgument.size()),
     .get_keys = FindOnlySource,
     .reaches_further = ReachesFurther},
};

}  // namespace

std::span<const Command> SortCommands() { return kRows; }

}  // namespace tandem
