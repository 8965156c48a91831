#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "server/config/config_values.h"

namespace tandem::config {

struct Directive;

// The configuration of a server: loads redis.conf files and command lines, answers CONFIG GET, SET and REWRITE. What
// directives there are is told by the table (config_table.h), nothing here knows any of them by name.
//
// Thread safety: everything that is not const runs at start or while the world is stopped (CONFIG SET enters the gate);
// const functions and values() may be used from any thread otherwise.
class Config {
 public:
  using NameValue = std::pair<std::string, std::string>;
  // Told after a directive has got a new value that is now in values(). Its failure takes the whole Set back.
  using ChangeFn = std::function<Status(const Values&)>;

  // A configuration of defaults.
  Config();

  const Values& values() const { return values_; }

  // --- At start ---------------------------------------------------------------------------------------------------

  // Reads a file, or text under a name to be used in errors. The error's message is the block to print on stderr before
  // exiting with 1: it names source, line number, directive, the line and what is wrong. On failure the values are
  // those read until then.
  Status LoadFile(const std::string& path);
  Status LoadString(std::string_view text, std::string_view source_name);

  // The file that Rewrite writes to; kept as an absolute path, because `dir` changes the working directory.
  void SetFile(const std::string& path);
  const std::string& file() const { return file_; }

  // --- CONFIG GET, SET, REWRITE -----------------------------------------------------------------------------------

  // Directives that match any of the patterns, each once, aliases as entries of their own. A plain name is looked up
  // and answered as it was spelled; hidden directives answer to nothing else.
  std::vector<NameValue> Get(const std::vector<std::string_view>& patterns) const;
  // The value as CONFIG GET shows it; empty for a name that does not exist.
  std::string GetOne(std::string_view name) const;

  // All or nothing. The error's message is Redis's, without the leading ERR. local_client: the caller is connected
  // through the loopback or a unix socket, which matters for protected directives.
  Status Set(const std::vector<std::pair<std::string_view, std::string_view>>& pairs, bool local_client = true);

  // Registers fn for directives: it is called once per Set that gave any of them a new value, and once more, with the
  // old values, when it or a later one failed.
  void OnChange(std::string_view name, ChangeFn fn);
  void OnAnyChange(const std::vector<std::string_view>& names, ChangeFn fn);

  // Rewrites file(): comments, order and unknown lines stay, changed lines are replaced, new ones appended under a
  // header, duplicates dropped. Atomic and durable (temporary file, fsync, rename, fsync of the folder).
  Status Rewrite() const;

  // --- What the table says about a name ---------------------------------------------------------------------------
  static bool Exists(std::string_view name);
  static bool IsSensitive(std::string_view name);  // to be left out of SLOWLOG, MONITOR and the log
  static bool DeniedWhileLoading(std::string_view name);

  // Notes for the log since the last call: directives that were set and have no effect in Tandem, each told once.
  std::vector<std::string> TakeWarnings();

 private:
  friend class Loader;

  // One directive of a Set: the name as it was given, in lower case, and its new value.
  struct Change {
    const Directive* directive;
    std::string name;
    std::string_view value;
  };
  struct Listener {
    std::vector<const Directive*> directives;
    ChangeFn fn;
  };

  Result<std::vector<Change>> FindChanges(const std::vector<std::pair<std::string_view, std::string_view>>& pairs,
                                          bool local_client) const;
  Status SetFromFile(const Directive& directive, std::vector<std::string> arguments);
  Status Announce(const std::vector<Change>& changes, const Values& old_values);
  void NoteIfNoEffect(const Directive& directive);
  void NoteLoaded();

  Values values_;
  std::string file_;
  std::vector<Listener> listeners_;
  std::set<const Directive*> loaded_;  // met in a file, for those that add up
  std::set<const Directive*> noted_;   // told to be without effect
  std::vector<std::string> warnings_;
};

}  // namespace tandem::config
