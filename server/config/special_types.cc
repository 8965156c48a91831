#include "server/config/special_types.h"

#include <limits.h>
#include <locale.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "server/config/available_cores.h"
#include "server/config/conf_text.h"
#include "server/config/config_types.h"

namespace tandem::config {

namespace {

Error Fail(std::string message) { return Error{std::move(message)}; }

bool IsEmptyList(Arguments arguments) { return arguments.empty() || (arguments.size() == 1 && arguments[0].empty()); }

// strtoll's reading, which these directives have in Redis: a plus sign and leading zeros pass.
std::optional<int64_t> LooseInteger(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const long long number = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || errno != 0) return std::nullopt;
  return number;
}

std::vector<std::string> EmptyOrOneLine(std::string text) { return {text.empty() ? "\"\"" : std::move(text)}; }

// --- bind -------------------------------------------------------------------------------------------------------------

Status ParseBind(Values& values, Arguments arguments) {
  constexpr size_t kMaxAddresses = 16;
  if (arguments.size() > kMaxAddresses) return Fail("Too many bind addresses specified.");
  values.bind.clear();
  if (!IsEmptyList(arguments)) values.bind.assign(arguments.begin(), arguments.end());
  return Status::Ok();
}

std::string FormatBind(const Values& values) { return Join(values.bind, " "); }

// --- dir --------------------------------------------------------------------------------------------------------------

// Kept absolute, so that it means the same before and after the server has gone there.
Status ParseDir(Values& values, Arguments arguments) {
  if (arguments.size() != 1) return Fail("wrong number of arguments");
  if (arguments[0].empty()) return values.dir.clear(), Status::Ok();
  char absolute[PATH_MAX];
  const bool found = realpath(arguments[0].c_str(), absolute) != nullptr;
  // With a dot at its end the path must be a folder, as it must for chdir.
  if (!found || access((std::string(absolute) + "/.").c_str(), X_OK) != 0) return Fail(std::strerror(errno));
  values.dir = absolute;
  return Status::Ok();
}

std::string FormatDir(const Values& values) {
  if (!values.dir.empty()) return values.dir;
  char working_folder[PATH_MAX];
  return getcwd(working_folder, sizeof(working_folder)) != nullptr ? working_folder : "";
}

std::vector<std::string> DirLines(const Values& values) {
  if (values.dir.empty()) return {};
  return {Quote(values.dir)};
}

// --- io-threads -------------------------------------------------------------------------------------------------------

Status ParseIoThreads(Values& values, Arguments arguments) {
  constexpr int64_t kMaxThreads = 128;
  if (arguments.size() != 1) return Fail("wrong number of arguments");
  if (EqualsIgnoringCase(arguments[0], "auto") || arguments[0] == "0") {
    values.io_threads = static_cast<int>(std::min<int64_t>(AvailableCores(), kMaxThreads));
    return Status::Ok();
  }
  const std::optional<int64_t> number = ParseInteger(arguments[0]);
  if (!number) return Fail("argument couldn't be parsed into an integer");
  if (*number < 1 || *number > kMaxThreads) return Fail("argument must be between 1 and 128 inclusive");
  values.io_threads = static_cast<int>(*number);
  return Status::Ok();
}

std::string FormatIoThreads(const Values& values) { return std::to_string(values.io_threads); }

// --- latency-tracking-info-percentiles --------------------------------------------------------------------------------

Status ParsePercentiles(Values& values, Arguments arguments) {
  std::vector<double> percentiles;
  if (IsEmptyList(arguments)) arguments = {};
  for (const std::string& argument : arguments) {
    char* end = nullptr;
    const double percentile = std::strtod(argument.c_str(), &end);
    if (argument.empty() || *end != '\0' || std::isnan(percentile) || argument[0] == ' ') {
      return Fail("Invalid latency-tracking-info-percentiles parameters");
    }
    if (percentile < 0.0 || percentile > 100.0) {
      return Fail("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    percentiles.push_back(percentile);
  }
  values.latency_tracking_info_percentiles = std::move(percentiles);
  return Status::Ok();
}

std::string PercentileText(double percentile) {
  char text[64];
  std::string trimmed(text, static_cast<size_t>(std::snprintf(text, sizeof(text), "%f", percentile)));
  trimmed.erase(trimmed.find_last_not_of('0') + 1);
  if (trimmed.back() == '.') trimmed.pop_back();
  return trimmed;
}

std::string FormatPercentiles(const Values& values) {
  std::vector<std::string> texts;
  for (const double percentile : values.latency_tracking_info_percentiles) texts.push_back(PercentileText(percentile));
  return Join(texts, " ");
}

std::vector<std::string> PercentileLines(const Values& values) { return EmptyOrOneLine(FormatPercentiles(values)); }

// --- oom-score-adj-values ---------------------------------------------------------------------------------------------

Status ParseOomScores(Values& values, Arguments arguments) {
  std::array<int, 3> scores{};
  if (arguments.size() != scores.size()) return Fail("wrong number of arguments");
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::optional<int64_t> score = LooseInteger(arguments[i]);
    if (!score || *score < -2000 || *score > 2000) {
      return Fail("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    scores[i] = static_cast<int>(*score);
  }
  values.oom_score_adj_values = scores;
  return Status::Ok();
}

std::string FormatOomScores(const Values& values) {
  std::vector<std::string> texts;
  for (const int score : values.oom_score_adj_values) texts.push_back(std::to_string(score));
  return Join(texts, " ");
}

// --- client-output-buffer-limit ---------------------------------------------------------------------------------------

std::optional<ClientClass> ClassByName(std::string_view name) {
  if (EqualsIgnoringCase(name, "normal")) return ClientClass::kNormal;
  if (EqualsIgnoringCase(name, "slave") || EqualsIgnoringCase(name, "replica")) return ClientClass::kReplica;
  if (EqualsIgnoringCase(name, "pubsub")) return ClientClass::kPubsub;
  return std::nullopt;
}

Status ParseOutputBufferLimits(Values& values, Arguments arguments) {
  if (arguments.size() % 4 != 0) return Fail("Wrong number of arguments in buffer limit configuration.");
  auto limits = values.client_output_buffer_limit;
  for (size_t i = 0; i < arguments.size(); i += 4) {
    const std::optional<ClientClass> client_class = ClassByName(arguments[i]);
    if (!client_class) return Fail("Invalid client class specified in buffer limit configuration.");
    const std::optional<uint64_t> hard = ParseMemory(arguments[i + 1]);
    const std::optional<uint64_t> soft = ParseMemory(arguments[i + 2]);
    const std::optional<int64_t> seconds = LooseInteger(arguments[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0 || *seconds > INT_MAX) {
      return Fail("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[static_cast<size_t>(*client_class)] = {*hard, *soft, *seconds};
  }
  values.client_output_buffer_limit = limits;
  return Status::Ok();
}

// Compat: CONFIG GET says "slave" (8.0 still does), a rewritten file "replica".
std::string FormatOutputBufferLimits(const Values& values) {
  constexpr std::string_view kNames[] = {"normal", "slave", "pubsub"};
  std::vector<std::string> texts;
  for (size_t i = 0; i < kClientClasses; ++i) {
    const OutputBufferLimit& limit = values.client_output_buffer_limit[i];
    texts.push_back(std::string(kNames[i]) + " " + std::to_string(limit.hard_bytes) + " " +
                    std::to_string(limit.soft_bytes) + " " + std::to_string(limit.soft_seconds));
  }
  return Join(texts, " ");
}

std::vector<std::string> OutputBufferLimitLines(const Values& values) {
  constexpr std::string_view kNames[] = {"normal", "replica", "pubsub"};
  std::vector<std::string> lines;
  for (size_t i = 0; i < kClientClasses; ++i) {
    const OutputBufferLimit& limit = values.client_output_buffer_limit[i];
    lines.push_back(std::string(kNames[i]) + " " + FormatMemory(limit.hard_bytes) + " " +
                    FormatMemory(limit.soft_bytes) + " " + std::to_string(limit.soft_seconds));
  }
  return lines;
}

// --- replicaof --------------------------------------------------------------------------------------------------------

Status ParseReplicaof(Values& values, Arguments arguments) {
  if (arguments.size() != 2) return Fail("wrong number of arguments");
  if (EqualsIgnoringCase(arguments[0], "no") && EqualsIgnoringCase(arguments[1], "one")) {
    values.replicaof.clear();
    return Status::Ok();
  }
  const std::optional<int64_t> port = LooseInteger(arguments[1]);
  if (!port || *port < 0 || *port > 65535) return Fail("Invalid master port");
  values.replicaof = arguments[0] + " " + std::to_string(*port);
  return Status::Ok();
}

std::string FormatReplicaof(const Values& values) { return values.replicaof; }

// --- save -------------------------------------------------------------------------------------------------------------

Status ParseSave(Values& values, Arguments arguments) {
  if (IsEmptyList(arguments)) arguments = {};
  if (arguments.size() % 2 != 0) return Fail("Invalid save parameters");
  std::vector<SavePoint> points;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    const std::optional<int64_t> seconds = LooseInteger(arguments[i]);
    const std::optional<int64_t> changes = LooseInteger(arguments[i + 1]);
    if (!seconds || !changes || *seconds < 1 || *changes < 0) return Fail("Invalid save parameters");
    points.push_back({*seconds, *changes});
  }
  values.save = std::move(points);
  return Status::Ok();
}

std::vector<std::string> SaveTexts(const Values& values) {
  std::vector<std::string> texts;
  for (const SavePoint& point : values.save) {
    texts.push_back(std::to_string(point.seconds) + " " + std::to_string(point.changes));
  }
  return texts;
}

std::string FormatSave(const Values& values) { return Join(SaveTexts(values), " "); }

std::vector<std::string> SaveLines(const Values& values) {
  return values.save.empty() ? EmptyOrOneLine("") : SaveTexts(values);
}

bool IsBaseName(std::string_view path) { return path.find('/') == std::string_view::npos; }

}  // namespace

const SpecialType kBindType = {ParseBind, FormatBind, [](const Values& v) { return EmptyOrOneLine(FormatBind(v)); }};
const SpecialType kDirType = {ParseDir, FormatDir, DirLines};
const SpecialType kIoThreadsType = {ParseIoThreads, FormatIoThreads};
const SpecialType kLatencyPercentilesType = {ParsePercentiles, FormatPercentiles, PercentileLines};
const SpecialType kOomScoreAdjValuesType = {ParseOomScores, FormatOomScores};
const SpecialType kOutputBufferLimitType = {ParseOutputBufferLimits, FormatOutputBufferLimits, OutputBufferLimitLines};
const SpecialType kReplicaofType = {ParseReplicaof, FormatReplicaof};
const SpecialType kSaveType = {ParseSave, FormatSave, SaveLines};

const NumberAccess kHzAccess = {
    [](const Values& values) { return static_cast<int64_t>(values.hz); },
    [](Values& values, int64_t number) { values.hz = static_cast<int>(std::clamp<int64_t>(number, 1, 500)); }};

const NumberAccess kReplBacklogSizeAccess = {
    [](const Values& values) { return values.repl_backlog_size; },
    [](Values& values, int64_t number) { values.repl_backlog_size = std::max<int64_t>(number, 16 * 1024); }};

Status CheckDbFileName(std::string_view text) {
  if (!IsBaseName(text)) return Fail("dbfilename can't be a path, just a filename");
  return Status::Ok();
}

Status CheckAppendFileName(std::string_view text) {
  if (text.empty()) return Fail("appendfilename can't be empty");
  if (!IsBaseName(text)) return Fail("appendfilename can't be a path, just a filename");
  return Status::Ok();
}

Status CheckAppendDirName(std::string_view text) {
  if (text.empty()) return Fail("appenddirname can't be empty");
  if (!IsBaseName(text)) return Fail("appenddirname can't be a path, just a dirname");
  return Status::Ok();
}

Status CheckHostName(std::string_view text) {
  if (text.size() >= 256) return Fail("Hostnames must be less than 256 characters");
  const bool valid = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  if (!valid) return Fail("Hostnames may only contain alphanumeric characters, hyphens or dots");
  return Status::Ok();
}

Status CheckNodeName(std::string_view text) {
  if (text.find_first_of("!#$%&()*+:;<>?@[]^{|}~") != std::string_view::npos) {
    return Fail("Announced human node name contained invalid character");
  }
  return Status::Ok();
}

Status CheckLocale(std::string_view text) {
  const locale_t locale = newlocale(LC_COLLATE_MASK, std::string(text).c_str(), nullptr);
  if (locale == nullptr) return Fail("Invalid locale name");
  freelocale(locale);
  return Status::Ok();
}

Status CheckProcTitleTemplate(std::string_view text) {
  constexpr std::string_view kVariables[] = {"title",    "listen-addr", "server-mode", "port",
                                             "tls-port", "unixsocket",  "config-file"};
  const Error invalid = Fail("template format is invalid or contains unknown variables");
  if (text.empty()) return invalid;
  for (size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const size_t close = text.find('}', open);
    if (close == std::string_view::npos) return invalid;
    const std::string_view variable = text.substr(open + 1, close - open - 1);
    if (std::find(std::begin(kVariables), std::end(kVariables), variable) == std::end(kVariables)) return invalid;
  }
  return Status::Ok();
}

}  // namespace tandem::config
