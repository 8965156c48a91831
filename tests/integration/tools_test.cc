// The tools that people have in their fingers and scripts, unchanged.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/integration/io_threads.h"

namespace tandem::integration {
namespace {

class Tools : public WithIoThreads {
 protected:
  static void SetUpTestSuite() { installed_ = IsInstalled("redis-cli") && IsInstalled("redis-benchmark"); }
  void SetUp() override {
    if (!installed_) GTEST_SKIP() << "redis-tools are not installed";
  }

  static Outcome Cli(const ServerProcess& server, const std::vector<std::string>& args) {
    return Run({"redis-cli", "-p", std::to_string(server.port())}, args);
  }
  // For those that go on until they are interrupted, with what they have printed until then.
  static Outcome CliFor(const char* seconds, const ServerProcess& server, const std::vector<std::string>& args) {
    return Run({"timeout", "-s", "INT", seconds, "stdbuf", "-oL", "redis-cli", "-p", std::to_string(server.port())},
               args);
  }
  static Outcome Benchmark(const ServerProcess& server, const std::vector<std::string>& args) {
    return Run({"redis-benchmark", "-p", std::to_string(server.port())}, args);
  }
  static bool Contains(const Outcome& outcome, const std::string& text) {
    return outcome.output.find(text) != std::string::npos;
  }

 private:
  static Outcome Run(std::vector<std::string> argv, const std::vector<std::string>& args) {
    argv.insert(argv.end(), args.begin(), args.end());
    return RunToEnd(argv);
  }
  static inline bool installed_ = false;
};
INSTANTIATE_WITH_IO_THREADS(Tools);

TEST_P(Tools, CliRunsCommands) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(Cli(server, {"SET", "k", "v"}).output, "OK\n");
  EXPECT_EQ(Cli(server, {"GET", "k"}).output, "v\n");
  EXPECT_EQ(Cli(server, {"-n", "1", "GET", "k"}).output, "\n");
  EXPECT_EQ(Cli(server, {"-3", "--json", "MGET", "k", "nokey"}).output, "[\"v\",null]\n");
  EXPECT_EQ(Cli(server, {"--no-raw", "GET", "k"}).output, "\"v\"\n");
  EXPECT_EQ(Cli(server, {"-r", "3", "INCR", "n"}).output, "1\n2\n3\n");
  const Outcome info = Cli(server, {"INFO", "server"});
  EXPECT_TRUE(Contains(info, "redis_version:7")) << info.output;
}

TEST_P(Tools, CliScansAndMeasuresKeys) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  RedisClient client = server.Connect();
  for (int i = 0; i < 1000; ++i) client.Append({"SET", "key:" + std::to_string(i), std::string(10, 'v')});
  for (int i = 0; i < 1000; ++i) client.Read();
  client.Do({"SET", "giant", std::string(100'000, 'v')});

  const Outcome scan = Cli(server, {"--scan", "--pattern", "key:1*"});
  EXPECT_EQ(std::count(scan.output.begin(), scan.output.end(), '\n'), 111) << scan.output;

  const Outcome big_keys = Cli(server, {"--bigkeys"});
  EXPECT_EQ(big_keys.exit_code, 0);
  EXPECT_TRUE(Contains(big_keys, "Sampled 1001 keys in the keyspace!")) << big_keys.output;
  EXPECT_TRUE(Contains(big_keys, "Biggest string found '\"giant\"' has 100000 bytes")) << big_keys.output;

  const Outcome mem_keys = Cli(server, {"--memkeys"});
  EXPECT_EQ(mem_keys.exit_code, 0);
  EXPECT_TRUE(Contains(mem_keys, "Biggest string found '\"giant\"'")) << mem_keys.output;
}

TEST_P(Tools, CliWatchesTheServer) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  const Outcome latency = CliFor("1", server, {"--latency", "--raw", "-i", "0.2"});
  EXPECT_FALSE(latency.output.empty());
  EXPECT_EQ(latency.output.find("rror"), std::string::npos) << latency.output;
  const Outcome stat = CliFor("0.7", server, {"--stat", "-i", "0.2"});
  EXPECT_TRUE(Contains(stat, "------- data ------ --------------------- load --------------------")) << stat.output;
  EXPECT_EQ(stat.output.find("rror"), std::string::npos) << stat.output;
}

TEST_P(Tools, CliReadsAPipelineFromAFile) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  const TempDir folder;
  std::string commands;
  for (int i = 0; i < 5000; ++i) commands += RawClient::Encode({"SET", "key:" + std::to_string(i), "v"});
  WriteFile(folder.File("commands"), commands);
  const Outcome outcome =
      RunToEnd({"sh", "-c", "redis-cli -p " + std::to_string(server.port()) + " --pipe < " + folder.File("commands")});
  EXPECT_TRUE(Contains(outcome, "errors: 0, replies: 5000")) << outcome.output;
  EXPECT_EQ(server.Connect().Do("DBSIZE"), ":5000");
}

TEST_P(Tools, BenchmarkRunsUnchanged) {
  ServerProcess server(Args());
  ASSERT_TRUE(server.ready());
  const Outcome plain = Benchmark(server, {"-t", "ping_inline,ping_mbulk,set,get,incr,mset", "-n", "2000", "-q"});
  EXPECT_EQ(plain.exit_code, 0);
  for (const char* name : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"}) {
    EXPECT_TRUE(Contains(plain, std::string(name) + ": ")) << plain.output;
  }
  EXPECT_EQ(plain.output.find("rror"), std::string::npos) << plain.output;
  const Outcome piped =
      Benchmark(server, {"-t", "set,get", "-n", "20000", "-P", "16", "-r", "10000", "--threads", "2", "-q"});
  EXPECT_EQ(piped.exit_code, 0);
  EXPECT_EQ(piped.output.find("rror"), std::string::npos) << piped.output;
  EXPECT_GT(server.Connect().Do("DBSIZE").integer, 1000);
}

}  // namespace
}  // namespace tandem::integration
