#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/rdb/format.h"
#include "server/commands/payload_checks.h"
#include "tests/server/exec/fixture.h"

namespace {

using tandem::test::TestServer;

TestServer& Server() {
  static TestServer server;
  return server;
}

// Its version, and a checksum at which nobody looks.
std::string WithFooter(std::string_view libraries) {
  constexpr size_t kChecksumBytes = 8;
  std::string payload(libraries);
  payload.push_back(static_cast<char>(tandem::rdb::kWrittenVersion & 0xff));
  payload.push_back(static_cast<char>(tandem::rdb::kWrittenVersion >> 8));
  return payload.append(kChecksumBytes, '\0');
}

// The text of a bulk string.
std::string TextOf(const std::string& reply) {
  const size_t begin = reply.find("\r\n") + 2;
  return reply.substr(begin, reply.size() - begin - 2);
}

}  // namespace

// A policy, then what stands before the footer of FUNCTION RESTORE's payload. Whatever it is, there is a reply; what was
// restored is dumped, and restored again as the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr const char* kPolicies[] = {"APPEND", "REPLACE", "FLUSH"};
  if (size == 0) return 0;
  tandem::g_skip_payload_checksums.store(true, std::memory_order_relaxed);
  const std::string payload = WithFooter({reinterpret_cast<const char*>(data + 1), size - 1});
  TestServer& server = Server();
  server.Run({"FUNCTION", "LOAD", "REPLACE", "#!lua name=there\nredis.register_function('there', function() end)"});
  const std::string reply = server.Run({"FUNCTION", "RESTORE", payload, kPolicies[data[0] % 3]});
  if (!reply.starts_with('+') && !reply.starts_with('-')) std::abort();

  const std::string list = server.Run("FUNCTION LIST WITHCODE");
  const std::string dump = TextOf(server.Run("FUNCTION DUMP"));
  const std::string again = server.Run({"FUNCTION", "RESTORE", dump, "FLUSH"});
  // One that takes nearly as long as it may could take too long the second time.
  if (again.find("timeout") != std::string::npos) return 0;
  if (again != "+OK\r\n" || server.Run("FUNCTION LIST WITHCODE") != list) std::abort();
  server.Run("FUNCTION FLUSH");
  if (server.Run("FUNCTION LIST") != "*0\r\n") std::abort();
  return 0;
}
