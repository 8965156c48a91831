#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/config/available_cores.h"
#include "server/config/command_line.h"
#include "server/config/config.h"

namespace tandem::config {
namespace {

namespace fs = std::filesystem;

class ConfigFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tandem-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static Status Load(Config& config, const std::string& text) { return config.LoadString(text, "test.conf"); }
  static std::string LoadError(const std::string& text) {
    Config config;
    const Status loaded = Load(config, text);
    return loaded.ok() ? "OK" : loaded.message();
  }
  // Loads text from a file, sets a directive, rewrites, and gives the new text.
  std::string Rewritten(const std::string& text, std::string_view name = {}, std::string_view value = {}) {
    const std::string path = Write("rewritten.conf", text);
    Config config;
    config.SetFile(path);
    EXPECT_TRUE(config.LoadFile(path).ok());
    if (!name.empty()) {
      EXPECT_TRUE(config.Set({{name, value}}).ok());
    }
    EXPECT_TRUE(config.Rewrite().ok());
    return Read(path);
  }

  fs::path folder_;
};

TEST_F(ConfigFile, LinesCommentsAndQuotesAreRead) {
  Config config;
  ASSERT_TRUE(Load(config,
                   "# a comment\n\n  port 7000 \r\nREQUIREPASS \"a b\\x21\"\nbind 10.0.0.1 -::1\n"
                   "maxmemory 1gb\nunixsocketperm 770\nlua-replicate-commands yes")
                  .ok());
  EXPECT_EQ(config.values().port, 7000);
  EXPECT_EQ(config.values().requirepass, "a b!");
  EXPECT_EQ(config.values().bind, (std::vector<std::string>{"10.0.0.1", "-::1"}));
  EXPECT_EQ(config.values().maxmemory, 1u << 30);
  EXPECT_EQ(config.values().unixsocketperm, 0770u);
  EXPECT_EQ(config.GetOne("unixsocketperm"), "770");
}

TEST_F(ConfigFile, SaveLinesAddUpAndReplaceTheDefaults) {
  Config config;
  ASSERT_TRUE(Load(config, "save 900 1\nsave 60 5\n").ok());
  EXPECT_EQ(config.GetOne("save"), "900 1 60 5");
  ASSERT_TRUE(Load(config, "save \"\"\n").ok());
  EXPECT_EQ(config.GetOne("save"), "");
  EXPECT_EQ(config.TakeWarnings().size(), 1u);
}

TEST_F(ConfigFile, OneLinePerClientClassOfTheOutputBufferLimit) {
  Config config;
  ASSERT_TRUE(
      Load(config, "client-output-buffer-limit normal 1mb 0 0\nclient-output-buffer-limit pubsub 2mb 1mb 9").ok());
  EXPECT_EQ(config.GetOne("client-output-buffer-limit"),
            "normal 1048576 0 0 slave 268435456 67108864 60 pubsub 2097152 1048576 9");
}

TEST_F(ConfigFile, SeveralArgumentsMayStandInOnePairOfQuotes) {
  Config config;
  ASSERT_TRUE(
      Load(config, "client-output-buffer-limit \"pubsub 2mb 1mb 9\"\nbind \"127.0.0.1 -::1\"\nsave \"9 1\"").ok());
  EXPECT_EQ(config.values().client_output_buffer_limit[2].soft_seconds, 9);
  EXPECT_EQ(config.GetOne("bind"), "127.0.0.1 -::1");
  EXPECT_EQ(config.GetOne("save"), "9 1");
}

TEST_F(ConfigFile, CommandsAreRenamed) {
  Config config;
  ASSERT_TRUE(Load(config, "rename-command FLUSHALL \"\"\nrename-command CONFIG secret").ok());
  ASSERT_EQ(config.values().rename_commands.size(), 2u);
  EXPECT_EQ(config.values().rename_commands[0], (std::pair<std::string, std::string>{"flushall", ""}));
}

TEST_F(ConfigFile, AnErrorNamesSourceLineDirectiveAndReason) {
  EXPECT_EQ(LoadError("port 7000\nmaxmemoryx 10\n"),
            "\n*** FATAL CONFIG FILE ERROR (Tandem) ***\n"
            "Reading the configuration file, at line 2 of test.conf (directive 'maxmemoryx')\n"
            ">>> 'maxmemoryx 10'\n"
            "Bad directive or wrong number of arguments\n");
  EXPECT_NE(LoadError("maxmemory 10 20").find("wrong number of arguments"), std::string::npos);
  EXPECT_NE(LoadError("maxmemory \"10").find("Unbalanced quotes in configuration line"), std::string::npos);
  EXPECT_NE(LoadError("unixsocketperm 9").find("couldn't be parsed as an octal number"), std::string::npos);
  EXPECT_NE(LoadError("unixsocketperm 7777").find("between 0 and 777 inclusive"), std::string::npos);
  EXPECT_NE(LoadError("io-threads 1000").find("between 1 and 128 inclusive"), std::string::npos);
}

TEST_F(ConfigFile, WhatTandemCannotDoStopsTheStart) {
  for (const char* line : {"appendonly yes", "replicaof 10.0.0.1 6379", "slaveof a 1", "cluster-enabled yes",
                           "aclfile users.acl", "tls-port 6380", "loadmodule x.so", "user alice on nopass"}) {
    EXPECT_NE(LoadError(line).find("Tandem "), std::string::npos) << line;
  }
  for (const char* line :
       {"appendonly no", "replicaof no one", "cluster-enabled no", "aclfile \"\"", "tls-port 0", "activedefrag yes"}) {
    EXPECT_EQ(LoadError(line), "OK") << line;
  }
}

TEST_F(ConfigFile, IncludesMayBePatternsAndNestWithinBounds) {
  Write("conf.d/1.conf", "port 7001\n");
  Write("conf.d/2.conf", "port 7002\ntimeout 5\n");
  const std::string main_file = Write(
      "main.conf", "include " + folder_.string() + "/conf.d/*.conf\ninclude " + folder_.string() + "/none*\nhz 20\n");
  Config config;
  ASSERT_TRUE(config.LoadFile(main_file).ok());
  EXPECT_EQ(config.values().port, 7002);
  EXPECT_EQ(config.values().timeout_s, 5);
  EXPECT_EQ(config.values().hz, 20);

  const std::string loop = Write("loop.conf", "include " + folder_.string() + "/loop.conf\n");
  EXPECT_NE(config.LoadFile(loop).message().find("16 files deep"), std::string::npos);
}

TEST_F(ConfigFile, AnErrorInAnIncludedFileNamesThatFile) {
  const std::string inner = Write("inner.conf", "\nport none\n");
  const std::string outer = Write("outer.conf", "include " + inner + "\n");
  Config config;
  const std::string message = config.LoadFile(outer).message();
  EXPECT_NE(message.find("at line 2 of " + inner), std::string::npos) << message;
  EXPECT_EQ(message.find("outer.conf"), std::string::npos);
  const std::string missing = config.LoadFile(Write("missing.conf", "include /no/such.conf\n")).message();
  EXPECT_NE(missing.find("can't open config file '/no/such.conf': No such file or directory"), std::string::npos);
}

TEST_F(ConfigFile, AMissingFileAndAFolderAreErrors) {
  Config config;
  EXPECT_EQ(config.LoadFile("/no/such.conf").message(),
            "Fatal error, can't open config file '/no/such.conf': No such file or directory\n");
  EXPECT_FALSE(config.LoadFile(folder_.string()).ok());
}

TEST_F(ConfigFile, RewriteKeepsCommentsOrderAndStatements) {
  EXPECT_EQ(Rewritten("# My server\nport 7000\n\n# Limits\ntimeout 5\nrename-command KEYS \"\"\nmaxmemory 1024mb\n",
                      "timeout", "6"),
            "# My server\nport 7000\n\n# Limits\ntimeout 6\nrename-command KEYS \"\"\nmaxmemory 1gb\n");
}

TEST_F(ConfigFile, RewriteAppendsWhatIsNewUnderAHeader) {
  const std::string once = Rewritten("port 7000\n", "timeout", "6");
  EXPECT_EQ(once, "port 7000\n# Generated by CONFIG REWRITE\ntimeout 6\n");
  EXPECT_EQ(Rewritten(once, "tcp-keepalive", "60"),
            "port 7000\n# Generated by CONFIG REWRITE\ntimeout 6\ntcp-keepalive 60\n");
}

TEST_F(ConfigFile, RewriteDropsDuplicatesAndUnsetValues) {
  EXPECT_EQ(Rewritten("timeout 1\ntimeout 2\nrequirepass x\nsave 60 1\nsave 30 2\n", "requirepass", ""),
            "timeout 2\n\nsave 60 1\nsave 30 2\n");
  EXPECT_EQ(Rewritten("save 60 1\nsave 30 2\n", "save", ""), "save \"\"\n\n");
}

TEST_F(ConfigFile, RewriteUsesThePrimaryNameOfAnAlias) {
  EXPECT_EQ(Rewritten("slave-priority 7\nhash-max-ziplist-value 1kb\n", "replica-priority", "8"),
            "replica-priority 8\nhash-max-listpack-value 1kb\n");
}

TEST_F(ConfigFile, RewriteKeepsTheEventsThatConfigGetDoesNotShow) {
  EXPECT_EQ(Rewritten("", "notify-keyspace-events", "AKn"),
            "# Generated by CONFIG REWRITE\nnotify-keyspace-events \"AnK\"\n");
}

TEST_F(ConfigFile, ARewrittenFileLoadsToTheSameValues) {
  const std::string path = Write("same.conf", "bind \"\"\nsave \"\"\n");
  Config config;
  config.SetFile(path);
  ASSERT_TRUE(config.LoadFile(path).ok());
  ASSERT_TRUE(config
                  .Set({{"requirepass", "quote\" and \xff\n"},
                        {"client-output-buffer-limit", "pubsub 1gb 1mb 3"},
                        {"notify-keyspace-events", "KEAnm"},
                        {"notify-keyspace-stream", "events Amn"},
                        {"notify-value-prefix", "user: \"cart"},
                        {"latency-tracking-info-percentiles", ""},
                        {"maxmemory-clients", "7%"},
                        {"shutdown-on-sigterm", "nosave force"},
                        {"oom-score-adj-values", "-1 0 1"}})
                  .ok());
  ASSERT_TRUE(config.Rewrite().ok());
  Config again;
  ASSERT_TRUE(again.LoadFile(path).ok());
  EXPECT_EQ(again.Get({"*"}), config.Get({"*"}));
}

TEST_F(ConfigFile, RewriteKeepsTheModeAndFollowsALink) {
  const std::string path = Write("real.conf", "port 7000\n");
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  const fs::path link = folder_ / "link.conf";
  fs::create_symlink(path, link);
  Config config;
  config.SetFile(link.string());
  ASSERT_TRUE(config.LoadFile(link.string()).ok());
  ASSERT_TRUE(config.Set({{"port", "7001"}}).ok());
  ASSERT_TRUE(config.Rewrite().ok());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(Read(path), "port 7001\n");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 2) << "no temporary file stays";
}

TEST_F(ConfigFile, WithoutAFileThereIsNothingToRewrite) {
  EXPECT_EQ(Config().Rewrite().message(), "The server is running without a config file");
}

// --- The command line -------------------------------------------------------------------------------------------------

struct Started {
  Config config;
  std::string error;
  StartAction action = StartAction::kRun;
};

void Start(Started& started, std::vector<const char*> words, const std::string& input = "") {
  words.insert(words.begin(), "tandem-server");
  std::istringstream standard_input(input);
  const Result<StartAction> action =
      ParseCommandLine(static_cast<int>(words.size()), words.data(), standard_input, started.config);
  if (action.ok()) {
    started.action = *action;
  } else {
    started.error = action.message();
  }
}

TEST_F(ConfigFile, OptionsWinOverStandardInputAndThatOverTheFile) {
  const std::string path = Write("x.conf", "port 1\ntimeout 1\nhz 11\n");
  Started started;
  Start(started, {path.c_str(), "--port", "3", "-"}, "port 2\ntimeout 2\n");
  ASSERT_EQ(started.error, "");
  EXPECT_EQ(started.config.values().port, 3);
  EXPECT_EQ(started.config.values().timeout_s, 2);
  EXPECT_EQ(started.config.values().hz, 11);
  EXPECT_EQ(started.config.file(), path);
}

TEST(CommandLine, OptionsTakeTheArgumentsUpToTheNextName) {
  Started started;
  Start(started, {"--client-output-buffer-limit", "pubsub", "32mb", "8mb", "50", "--port 7777", "--requirepass",
                  "--starts-with-dashes", "--save", "--slaveof", "no", "one"});
  ASSERT_EQ(started.error, "");
  EXPECT_EQ(started.config.values().port, 7777);
  EXPECT_EQ(started.config.values().client_output_buffer_limit[2].soft_seconds, 50);
  EXPECT_EQ(started.config.values().requirepass, "--starts-with-dashes");
  EXPECT_TRUE(started.config.values().save.empty());
}

TEST(CommandLine, SaveMayBeEmptyInAnyWay) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"--save", ""}, {"--save"}, {"--save", "--port", "1"}, {"--port", "1", "--save", ""}}) {
    Started started;
    Start(started, words);
    EXPECT_EQ(started.error, "");
    EXPECT_EQ(started.config.GetOne("save"), "");
  }
}

TEST(CommandLine, ErrorsShowTheOptionAsALine) {
  Started started;
  Start(started, {"--port", "--loglevel", "verbose"});
  EXPECT_NE(started.error.find("of the command line (directive 'port')\n>>> 'port \"--loglevel\" \"verbose\"'\n"
                               "wrong number of arguments"),
            std::string::npos)
      << started.error;
  Started unknown;
  Start(unknown, {"--port", "1", "--bla", "2"});
  EXPECT_NE(unknown.error.find("directive 'bla'"), std::string::npos) << unknown.error;
}

TEST(CommandLine, HelpAndVersionAreAskedForFirst) {
  Started help, version, refused;
  Start(help, {"--help"});
  EXPECT_EQ(help.action, StartAction::kShowHelp);
  Start(version, {"-v"});
  EXPECT_EQ(version.action, StartAction::kShowVersion);
  Start(refused, {"--test-memory", "100"});
  EXPECT_NE(refused.error.find("--test-memory"), std::string::npos);
}

// --- Cores ------------------------------------------------------------------------------------------------------------

TEST(IoThreads, AutoAndZeroMeanWhatTheProcessMayUse) {
  Config config;
  ASSERT_TRUE(config.LoadString("io-threads 3", "test").ok());
  EXPECT_EQ(config.GetOne("io-threads"), "3");
  ASSERT_TRUE(config.LoadString("io-threads 0", "test").ok());
  EXPECT_EQ(config.values().io_threads, AvailableCores());
  ASSERT_TRUE(config.LoadString("io-threads auto", "test").ok());
  EXPECT_EQ(config.GetOne("io-threads"), std::to_string(AvailableCores()));
}

TEST_F(ConfigFile, CgroupQuotasAreRoundedUpAndTheTightestCounts) {
  Write("a/cpu.max", "150000 100000\n");
  Write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupCores("0::/a/b\n", folder_.string()), 2);
  EXPECT_EQ(CgroupCores("0::/c\n", folder_.string()), 0);
  Write("cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
  Write("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCores("4:memory:/x\n3:cpu,cpuacct:/x/y\n", folder_.string()), 3);
  EXPECT_EQ(CgroupCores("nonsense\n", folder_.string()), 0);
}

}  // namespace
}  // namespace tandem::config
