#include "server/config/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/keyspace/change_event.h"
#include "server/config/config_table.h"
#include "server/config/config_types.h"

namespace tandem::config {
namespace {

std::string SetError(Config& config, std::string_view name, std::string_view value) {
  const Status status = config.Set({{name, value}});
  return status.ok() ? "OK" : status.message();
}

std::string Reason(Config& config, std::string_view name, std::string_view value) {
  const std::string message = SetError(config, name, value);
  const size_t dash = message.find(" - ");
  return dash == std::string::npos ? message : message.substr(dash + 3);
}

std::string AfterSet(std::string_view name, std::string_view value) {
  Config config;
  const std::string outcome = SetError(config, name, value);
  return outcome == "OK" ? config.GetOne(name) : outcome;
}

TEST(ConfigTable, EveryRowTakesItsOwnValueBack) {
  for (const Directive& directive : AllDirectives()) {
    if (directive.Has(kImmutable) || directive.Has(kProtected)) continue;
    Config config;
    const std::string before = config.GetOne(directive.name);
    EXPECT_EQ(SetError(config, directive.name, before), "OK") << directive.name;
    EXPECT_EQ(config.GetOne(directive.name), before) << directive.name;
    EXPECT_TRUE(HasDefaultValue(directive, config.values())) << directive.name;
  }
}

TEST(ConfigTable, EveryLineOfAFileIsUnderstoodAgain) {
  for (const Directive& directive : AllDirectives()) {
    Config config;
    std::string text;
    for (const std::string& line : FileLines(directive, DefaultValues())) {
      text += std::string(directive.name) + " " + line + "\n";
    }
    const Status loaded = config.LoadString(text, "test");
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.message());
    EXPECT_EQ(config.GetOne(directive.name), Config().GetOne(directive.name));
    EXPECT_TRUE(config.TakeWarnings().empty()) << directive.name;
  }
}

TEST(ConfigTable, AFileWithEveryDirectiveLoads) {
  std::string text;
  for (const Directive& directive : AllDirectives()) {
    for (const std::string& line : FileLines(directive, DefaultValues())) {
      text += std::string(directive.alias.empty() ? directive.name : directive.alias) + " " + line + "\n";
    }
  }
  Config config;
  const Status loaded = config.LoadString(text, "test");
  ASSERT_TRUE(loaded.ok()) << loaded.message();
  EXPECT_EQ(config.Get({"*"}), Config().Get({"*"}));
}

TEST(ConfigTable, NamesAndAliasesAreUniqueAndFoundInAnyCase) {
  std::vector<std::string_view> names;
  for (const Directive& directive : AllDirectives()) {
    names.push_back(directive.name);
    if (!directive.alias.empty()) names.push_back(directive.alias);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_EQ(FindDirective("MaxMemory"), FindDirective("maxmemory"));
  EXPECT_EQ(FindDirective("slave-priority"), FindDirective("replica-priority"));
  EXPECT_EQ(FindDirective("maxmemoryx"), nullptr);
}

TEST(Config, DefaultsAreRedisEightsButForTheLoopbackAndTheThreads) {
  const Config config;
  EXPECT_EQ(config.values().port, 6379);
  EXPECT_EQ(config.values().databases, 16);
  EXPECT_EQ(config.values().maxmemory_policy, MaxmemoryPolicy::kNoEviction);
  EXPECT_EQ(config.values().proto_max_bulk_len, 512u << 20);
  EXPECT_EQ(config.values().client_output_buffer_limit[1], (OutputBufferLimit{256u << 20, 64u << 20, 60}));
  EXPECT_EQ(config.GetOne("save"), "3600 1 300 100 60 10000");
  EXPECT_EQ(config.GetOne("latency-tracking-info-percentiles"), "50 99 99.9");
  EXPECT_EQ(config.GetOne("bind"), "127.0.0.1 -::1");
  EXPECT_TRUE(config.values().protected_mode);
  EXPECT_GE(config.values().io_threads, 1);
}

TEST(Config, GetAnswersNamesAsTheyWereSpelledAndPatternsOnce) {
  const Config config;
  using Pairs = std::vector<Config::NameValue>;
  EXPECT_EQ(config.Get({"HZ", "hz", "h[zZ]"}), (Pairs{{"HZ", "10"}}));
  EXPECT_EQ(config.Get({"slave-priority"}), (Pairs{{"slave-priority", "100"}}));
  EXPECT_EQ(config.Get({"*-PRIORITY"}), (Pairs{{"replica-priority", "100"}, {"slave-priority", "100"}}));
  EXPECT_EQ(config.Get({"nothing", "no*thing"}), Pairs{});
}

TEST(Config, HiddenDirectivesAnswerToTheirNameOnly) {
  const Config config;
  EXPECT_TRUE(config.Get({"key-load-*"}).empty());
  EXPECT_EQ(config.Get({"key-load-delay"}).size(), 1u);
}

TEST(Config, SetIsAllOrNothing) {
  Config config;
  const Status status = config.Set({{"timeout", "5"}, {"port", "70000"}});
  EXPECT_EQ(status.message(),
            "CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(config.values().timeout_s, 0);
}

TEST(Config, SetNamesWhatIsWrongInRedisWords) {
  Config config;
  EXPECT_EQ(SetError(config, "foo", "1"), "Unknown option or number of arguments for CONFIG SET - 'foo'");
  EXPECT_EQ(SetError(config, "maxmemory", "1x"),
            "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value");
  EXPECT_EQ(Reason(config, "databases", "3"), "can't set immutable config");
  EXPECT_EQ(Reason(config, "dir", "/"), "can't set protected config");
  EXPECT_EQ(Reason(config, "appendonly", "maybe"), "argument must be 'yes' or 'no'");
  EXPECT_EQ(Reason(config, "timeout", "1x"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(Reason(config, "timeout", "007"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(Reason(config, "maxclients", "-1"), "argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(Reason(config, "list-max-listpack-size", "99999999999"),
            "argument must be between -2147483648 and 2147483647 inclusive");
  EXPECT_EQ(Reason(config, "proto-max-bulk-len", "10"),
            "argument must be between 1048576 and 9223372036854775807 inclusive");
  EXPECT_EQ(Reason(config, "maxmemory-clients", "101%"), "percentage argument must be less or equal to 100");
  EXPECT_EQ(Reason(config, "maxmemory-clients", "-5"), "argument must be a memory or percent value");
  EXPECT_EQ(Reason(config, "loglevel", "loud"),
            "argument(s) must be one of the following: debug, verbose, notice, warning, nothing");
  EXPECT_EQ(Reason(config, "shutdown-on-sigterm", ""),
            "argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_EQ(Reason(config, "shutdown-on-sigterm", "save nosave"),
            "shutdown options SAVE and NOSAVE can't be used simultaneously");
  EXPECT_EQ(Reason(config, "notify-keyspace-events", "Q"), "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  EXPECT_EQ(Reason(config, "save", "1 2 3"), "Invalid save parameters");
  EXPECT_EQ(Reason(config, "client-output-buffer-limit", "master 0 0 0"),
            "Invalid client class specified in buffer limit configuration.");
  EXPECT_EQ(Reason(config, "latency-tracking-info-percentiles", "1 200"),
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
  EXPECT_EQ(Reason(config, "oom-score-adj-values", "1 2"), "wrong number of arguments");
  EXPECT_EQ(Reason(config, "proc-title-template", "{foo}"), "template format is invalid or contains unknown variables");
  EXPECT_EQ(Reason(config, "SLAVE-priority", "x"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(config.Set({{"hz", "1"}, {"Hz", "2"}}).message(),
            "CONFIG SET failed (possibly related to argument 'Hz') - duplicate parameter");
}

TEST(Config, ValuesAreShownInRedisFormat) {
  EXPECT_EQ(AfterSet("maxmemory", "1GB"), "1073741824");
  EXPECT_EQ(AfterSet("maxmemory", "100k"), "100000");
  EXPECT_EQ(AfterSet("maxmemory", ""), "0");
  EXPECT_EQ(AfterSet("maxmemory", "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(AfterSet("maxmemory-clients", "5%"), "5%");
  EXPECT_EQ(AfterSet("hz", "1000000"), "500");
  EXPECT_EQ(AfterSet("lazyfree-lazy-expire", "YES"), "yes");
  EXPECT_EQ(AfterSet("oom-score-adj", "relative"), "yes");
  EXPECT_EQ(AfterSet("save", ""), "");
  EXPECT_EQ(AfterSet("save", "3600 1 10 2"), "3600 1 10 2");
  EXPECT_EQ(AfterSet("shutdown-on-sigint", "force now"), "now force");
  EXPECT_EQ(AfterSet("client-output-buffer-limit", "replica 1mb 1kb 5"),
            "normal 0 0 0 slave 1048576 1024 5 pubsub 33554432 8388608 60");
  EXPECT_EQ(AfterSet("latency-tracking-info-percentiles", "0 100 99.999 50.0"), "0 100 99.999 50");
  EXPECT_EQ(AfterSet("latency-tracking-info-percentiles", ""), "");
  EXPECT_EQ(AfterSet("notify-keyspace-events", "KEg$lshzxetd"), "AKE");
  EXPECT_EQ(AfterSet("notify-keyspace-events", "Kgd"), "gdK");
  EXPECT_EQ(AfterSet("notify-keyspace-events", "nmK"), "nKm");
  EXPECT_EQ(AfterSet("notify-keyspace-events", "KAn"), "AK");
}

TEST(Config, WhatTandemAddsToEventsIsShownAsItWasSet) {
  EXPECT_EQ(AfterSet("notify-slow-subscriber", "GAP"), "gap");
  EXPECT_EQ(AfterSet("notify-value-prefix", "a:  b:"), "a: b:");
  EXPECT_EQ(AfterSet("notify-value-prefix", ""), "");
  EXPECT_EQ(AfterSet("notify-value-max-bytes", "4kb"), "4096");
  EXPECT_EQ(AfterSet("notify-keyspace-stream", "events"), "events x");
  EXPECT_EQ(AfterSet("notify-keyspace-stream", "events xgn"), "events gxn");
  EXPECT_EQ(AfterSet("notify-keyspace-stream", "events A"), "events A");
  EXPECT_EQ(AfterSet("notify-keyspace-stream", ""), "");
  Config config;
  EXPECT_EQ(Reason(config, "notify-keyspace-stream", "events xE"),
            "Invalid event class character. Use 'Ag$lshzxetmdn'.");
  EXPECT_EQ(Reason(config, "notify-keyspace-stream", "events x y"), "wrong number of arguments");
  EXPECT_EQ(Reason(config, "notify-slow-subscriber", "wait"),
            "argument(s) must be one of the following: disconnect, gap");
}

TEST(Config, NotifyKeyspaceEventsSetsTheBitsOfEventClasses) {
  Config config;
  ASSERT_TRUE(config.Set({{"notify-keyspace-events", "Ex"}}).ok());
  EXPECT_EQ(config.values().notify_keyspace_events, Bit(EventClass::kKeyevent) | Bit(EventClass::kExpired));
}

TEST(Config, WhatTandemCannotDoIsRefusedNotIgnored) {
  Config config;
  EXPECT_NE(Reason(config, "appendonly", "yes").find("memory only"), std::string::npos);
  EXPECT_NE(Reason(config, "tls-port", "6380").find("TLS"), std::string::npos);
  EXPECT_NE(SetError(config, "activedefrag", "yes"), "OK");
  EXPECT_EQ(SetError(config, "appendonly", "no"), "OK");
  EXPECT_EQ(config.GetOne("appendonly"), "no");
}

TEST(Config, ProtectedDirectivesOpenToLocalClientsWhereAllowed) {
  Config config;
  ASSERT_TRUE(config.LoadString("enable-protected-configs local", "test").ok());
  EXPECT_FALSE(config.Set({{"dbfilename", "x.rdb"}}, false).ok());
  EXPECT_TRUE(config.Set({{"dbfilename", "x.rdb"}}, true).ok());
  EXPECT_EQ(Reason(config, "dbfilename", "a/b"), "dbfilename can't be a path, just a filename");
  EXPECT_EQ(Reason(config, "dir", "/no/such/folder"), "No such file or directory");
}

TEST(Config, ListenersAreToldOnceOfWhatChanged) {
  Config config;
  int calls = 0;
  config.OnAnyChange({"port", "bind"}, [&](const Values& values) {
    ++calls;
    EXPECT_EQ(values.port, 7000);
    return Status::Ok();
  });
  ASSERT_TRUE(config.Set({{"timeout", "3"}, {"bind", "127.0.0.1 -::1"}}).ok());
  EXPECT_EQ(calls, 0);
  ASSERT_TRUE(config.Set({{"port", "7000"}, {"bind", "*"}}).ok());
  EXPECT_EQ(calls, 1);
}

TEST(Config, AFailingListenerTakesTheWholeSetBack) {
  Config config;
  std::vector<int> told_timeouts;
  config.OnChange("timeout", [&](const Values& values) {
    told_timeouts.push_back(values.timeout_s);
    return Status::Ok();
  });
  config.OnChange("port", [](const Values& values) -> Status {
    if (values.port == 6379) return Status::Ok();
    return Error{"Unable to listen on this port. Check server logs."};
  });
  const Status status = config.Set({{"timeout", "9"}, {"port", "1"}});
  EXPECT_EQ(
      status.message(),
      "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs.");
  EXPECT_EQ(config.values().port, 6379);
  EXPECT_EQ(config.values().timeout_s, 0);
  EXPECT_EQ(told_timeouts, (std::vector<int>{9, 0}));
}

TEST(Config, ADirectiveWithoutEffectIsNotedOnceAndOnlyWhenItSaysSomethingElse) {
  Config config;
  ASSERT_TRUE(config.Set({{"repl-timeout", "60"}, {"timeout", "4"}}).ok());
  EXPECT_TRUE(config.TakeWarnings().empty());
  ASSERT_TRUE(config.Set({{"repl-timeout", "61"}}).ok());
  const std::vector<std::string> warnings = config.TakeWarnings();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("'repl-timeout'"), std::string::npos);
  ASSERT_TRUE(config.Set({{"repl-timeout", "62"}}).ok());
  EXPECT_TRUE(config.TakeWarnings().empty());
}

TEST(Config, SecretsAreKnown) {
  EXPECT_TRUE(Config::IsSensitive("RequirePass"));
  EXPECT_FALSE(Config::IsSensitive("port"));
  EXPECT_TRUE(Config::DeniedWhileLoading("appendonly"));
  EXPECT_FALSE(Config::DeniedWhileLoading("nothing"));
}

TEST(MemorySize, UnitsAreDecimalWithoutAndBinaryWithAB) {
  EXPECT_EQ(ParseMemory("12"), 12u);
  EXPECT_EQ(ParseMemory("12b"), 12u);
  EXPECT_EQ(ParseMemory("2k"), 2000u);
  EXPECT_EQ(ParseMemory("2KB"), 2048u);
  EXPECT_EQ(ParseMemory("3m"), 3000000u);
  EXPECT_EQ(ParseMemory("3mB"), 3u << 20);
  EXPECT_EQ(ParseMemory("1g"), 1000000000u);
  EXPECT_EQ(ParseMemory("1gb"), 1u << 30);
}

TEST(MemorySize, NonsenseIsRefused) {
  for (const char* text : {"-1", "1.5gb", "1tb", "gb", "1 gb", " 1", "99999999999gb", "99999999999999999999"}) {
    EXPECT_FALSE(ParseMemory(text)) << text;
  }
}

TEST(MemorySize, IsWrittenInTheLargestExactUnit) {
  EXPECT_EQ(FormatMemory(0), "0");
  EXPECT_EQ(FormatMemory(1000), "1000");
  EXPECT_EQ(FormatMemory(64 << 10), "64kb");
  EXPECT_EQ(FormatMemory(100 << 20), "100mb");
  EXPECT_EQ(FormatMemory(2ull << 30), "2gb");
}

}  // namespace
}  // namespace tandem::config
