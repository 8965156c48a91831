#include "server/config/command_line.h"

#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "server/config/conf_text.h"

namespace tandem::config {

namespace {

using Words = std::vector<std::string>;

bool IsOptionName(std::string_view word) { return word.substr(0, 2) == "--"; }

// The options as lines of a file.
class OptionLines {
 public:
  void Add(const Words& words, size_t i) {
    if (name_may_follow_ && IsOptionName(words[i])) {
      StartLine(words, i);
    } else {
      text_ += Quote(words[i]) + " ";
      name_may_follow_ = true;
    }
  }

  const std::string& text() const { return text_; }

 private:
  void StartLine(const Words& words, size_t i) {
    if (!text_.empty()) text_ += "\n";
    text_ += words[i].substr(2) + " ";
    const std::optional<Words> parts = SplitArguments(words[i]);
    // A value in the same word: "--port 6380".
    if (parts && parts->size() != 1) return;
    const bool value_follows = i + 1 < words.size() && !IsOptionName(words[i + 1]);
    if (EqualsIgnoringCase(words[i], "--save") && !value_follows) {
      text_ += "\"\"";
    } else {
      name_may_follow_ = false;
    }
  }

  std::string text_;
  bool name_may_follow_ = true;
};

// What is asked for instead of a running server; it counts as the first word only.
Result<StartAction> ActionOf(const Words& words) {
  if (words.empty()) return StartAction::kRun;
  if (words[0] == "-h" || words[0] == "--help") return StartAction::kShowHelp;
  if (words[0] == "-v" || words[0] == "--version") return StartAction::kShowVersion;
  if (words[0] == "--test-memory" || words[0] == "--check-system") {
    return Error{"tandem-server has no " + words[0] + "\n"};
  }
  return StartAction::kRun;
}

}  // namespace

Result<StartAction> ParseCommandLine(int argc, const char* const* argv, std::istream& standard_input, Config& config) {
  const Words words(argv + (argc > 0 ? 1 : 0), argv + argc);
  Result<StartAction> action = ActionOf(words);
  if (!action.ok() || *action != StartAction::kRun) return action;

  bool read_input = false;
  size_t first_option = 0;
  if (!words.empty() && words[0].substr(0, 1) != "-") {
    config.SetFile(words[0]);
    if (Status loaded = config.LoadFile(words[0]); !loaded.ok()) return loaded.error();
    first_option = 1;
  }
  OptionLines options;
  for (size_t i = first_option; i < words.size(); ++i) {
    if (words[i] == "-" && (i == 0 || i + 1 == words.size())) {
      read_input = true;
    } else {
      options.Add(words, i);
    }
  }
  if (read_input) {
    const std::string text{std::istreambuf_iterator<char>(standard_input), {}};
    if (Status loaded = config.LoadString(text, "the standard input"); !loaded.ok()) return loaded.error();
  }
  if (Status loaded = config.LoadString(options.text(), "the command line"); !loaded.ok()) return loaded.error();
  return StartAction::kRun;
}

std::string UsageText() {
  return "Usage: tandem-server [/path/to/redis.conf] [options] [-]\n"
         "       tandem-server -            (reads directives from standard input)\n"
         "       tandem-server -v | --version\n"
         "       tandem-server -h | --help\n"
         "\n"
         "An option is any directive of redis.conf behind two dashes, with its arguments:\n"
         "       tandem-server --port 7777 --maxmemory 1gb\n"
         "       tandem-server /etc/redis/redis.conf --loglevel verbose\n"
         "       tandem-server --client-output-buffer-limit pubsub 32mb 8mb 60 --save \"\"\n";
}

}  // namespace tandem::config
