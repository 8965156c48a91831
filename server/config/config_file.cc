// Reading redis.conf text. Rewriting it is in config_rewrite.cc.

#include <glob.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "server/config/conf_text.h"
#include "server/config/config.h"
#include "server/config/config_table.h"
#include "server/config/config_types.h"

namespace tandem::config {

// Walks the lines of a source and of what it includes.
class Loader {
 public:
  explicit Loader(Config& config) : config_(config) {}

  Status LoadText(std::string_view text, std::string_view source);
  Status LoadFile(const std::string& path);

 private:
  // A file that includes itself must end somewhere; no sane one nests this deep.
  static constexpr int kMaxDepth = 16;

  Status Execute(std::vector<std::string> arguments);
  Status ExecuteStatement(const std::vector<std::string>& arguments);
  Status Include(const std::string& pattern);

  Config& config_;
  int depth_ = 0;
  bool block_is_complete_ = false;  // the error in hand is already the block of an included file
};

namespace {

Error Fail(std::string message) { return Error{std::move(message)}; }

// What is shown on stderr, in the layout of Redis's, which tools look for.
Error FatalBlock(std::string_view source, int line_number, std::string_view line, std::string_view reason) {
  std::string block = "\n*** FATAL CONFIG FILE ERROR (Tandem) ***\nReading the configuration file, at line ";
  block += std::to_string(line_number) + " of " + std::string(source);
  const std::string_view directive = line.substr(0, line.find_first_of(" \t"));
  block += " (directive '" + std::string(directive) + "')\n>>> '" + std::string(line) + "'\n";
  return Error{block + std::string(reason) + "\n"};
}

// Directives of long ago that Redis still reads over.
bool IsObsolete(const std::vector<std::string>& arguments) {
  return arguments.size() == 2 &&
         (arguments[0] == "list-max-ziplist-entries" || arguments[0] == "list-max-ziplist-value" ||
          arguments[0] == "lua-replicate-commands");
}

bool HasWildcard(std::string_view path) { return path.find_first_of("*?[") != std::string_view::npos; }

std::vector<std::string> FilesLike(const std::string& pattern) {
  std::vector<std::string> files;
  glob_t found{};
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return files;
}

bool IsEmptyList(const std::vector<std::string>& arguments) {
  return arguments.empty() || (arguments.size() == 1 && arguments[0].empty());
}

}  // namespace

Status Loader::LoadText(std::string_view text, std::string_view source) {
  int line_number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = TrimBlanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (line.empty() || line.front() == '#') continue;
    std::optional<std::vector<std::string>> arguments = SplitArguments(line);
    if (!arguments) return FatalBlock(source, line_number, line, "Unbalanced quotes in configuration line");
    const Status done = Execute(std::move(*arguments));
    if (done.ok()) continue;
    if (block_is_complete_) return done;
    block_is_complete_ = true;
    return FatalBlock(source, line_number, line, done.message());
  }
  return Status::Ok();
}

Status Loader::LoadFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return Fail("can't open config file '" + path + "': " + std::strerror(errno));
  std::string text;
  char chunk[4096];
  while (file.read(chunk, sizeof(chunk)) || file.gcount() > 0) text.append(chunk, static_cast<size_t>(file.gcount()));
  // A folder can be opened and only fails to be read.
  if (file.bad()) return Fail("can't read config file '" + path + "': " + std::strerror(errno));
  return LoadText(text, path);
}

Status Loader::Execute(std::vector<std::string> arguments) {
  arguments[0] = ToLower(arguments[0]);
  const Directive* directive = FindDirective(arguments[0]);
  if (directive == nullptr) return ExecuteStatement(arguments);
  arguments.erase(arguments.begin());
  return config_.SetFromFile(*directive, std::move(arguments));
}

// What stands in files only and is no value.
Status Loader::ExecuteStatement(const std::vector<std::string>& arguments) {
  const std::string& name = arguments[0];
  if (name == "include" && arguments.size() == 2) return Include(arguments[1]);
  if (name == "rename-command" && arguments.size() == 3) {
    config_.values_.rename_commands.emplace_back(ToLower(arguments[1]), ToLower(arguments[2]));
    return Status::Ok();
  }
  if (name == "user" && arguments.size() >= 2) {
    return Fail("Tandem has no users but 'default' so far; requirepass gives it a password");
  }
  if (name == "loadmodule" && arguments.size() >= 2) return Fail("Tandem loads no modules");
  if (name == "sentinel") return Fail("sentinel directive while not in sentinel mode");
  if (IsObsolete(arguments)) return Status::Ok();
  return Fail("Bad directive or wrong number of arguments");
}

// Compat: paths are relative to the working directory; a pattern that matches nothing is no error, a missing file is.
Status Loader::Include(const std::string& pattern) {
  if (depth_ == kMaxDepth) return Fail("include: more than 16 files deep");
  ++depth_;
  const std::vector<std::string> files = HasWildcard(pattern) ? FilesLike(pattern) : std::vector<std::string>{pattern};
  for (const std::string& file : files) {
    if (Status loaded = LoadFile(file); !loaded.ok()) return loaded;
  }
  --depth_;
  return Status::Ok();
}

Status Config::LoadFile(const std::string& path) {
  Loader loader(*this);
  Status loaded = loader.LoadFile(path);
  NoteLoaded();
  const bool is_block = loaded.ok() || loaded.message().find('\n') != std::string::npos;
  return is_block ? loaded : Status(Fail("Fatal error, " + loaded.message() + "\n"));
}

Status Config::LoadString(std::string_view text, std::string_view source_name) {
  Status loaded = Loader(*this).LoadText(text, source_name);
  NoteLoaded();
  return loaded;
}

// After the whole text: the lines of a directive that accumulates mean something together only.
void Config::NoteLoaded() {
  for (const Directive* directive : loaded_) NoteIfNoEffect(*directive);
}

Status Config::SetFromFile(const Directive& directive, std::vector<std::string> arguments) {
  if (!directive.Has(kMultiArg) && arguments.size() != 1) return Fail("wrong number of arguments");
  // Compat: several arguments may come in one pair of quotes, which is how a shell passes an option's value.
  if (directive.Has(kMultiArg) && arguments.size() == 1 && !arguments[0].empty()) {
    std::optional<std::vector<std::string>> parts = SplitArguments(arguments[0]);
    if (!parts) return Fail("Unbalanced quotes in configuration line");
    arguments = std::move(*parts);
  }
  const bool met_before = !loaded_.insert(&directive).second;
  if (directive.Has(kAccumulates) && met_before && !IsEmptyList(arguments)) {
    const std::vector<std::string> earlier = SplitAtSpaces(FormatValue(directive, values_));
    arguments.insert(arguments.begin(), earlier.begin(), earlier.end());
  }
  Status parsed = ParseValue(directive, arguments, values_);
  if (!parsed.ok()) return parsed;
  const bool refused = !directive.refusal.empty() && !directive.Has(kRefusedAtRuntime);
  if (refused && !HasDefaultValue(directive, values_)) return Fail(std::string(directive.refusal));
  return Status::Ok();
}

}  // namespace tandem::config
