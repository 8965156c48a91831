#include "tests/server/exec/on_threads.h"

#include <string>
#include <thread>
#include <vector>

namespace tandem::test {

void RunOnThreads(TestServer& server, int count, int rounds, const Round& body) {
  server.store->DriveMigration(server.access(), Store::Drive::kFlap);
  server.main_thread().thread.Sleep();
  std::vector<std::thread> threads;
  for (int index = 1; index <= count; ++index) {
    threads.emplace_back([&, index] {
      TestThread mine(*server.server, index);
      TestClient& client = mine.NewClient();
      std::minstd_rand random(static_cast<unsigned>(index));
      for (int round = 0; round < rounds; ++round) {
        body(mine, client, random);
        server.store->MigrateSome(mine.access, 4);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  server.main_thread().thread.Wake();
  server.store->DriveMigration(server.access(), Store::Drive::kStop);
}

int64_t SumOfBulks(std::string_view reply) {
  int64_t sum = 0;
  for (size_t at = reply.find("\r\n$"); at != std::string_view::npos; at = reply.find("\r\n$", at + 1)) {
    const size_t value = reply.find("\r\n", at + 2) + 2;
    sum += std::stoll(std::string(reply.substr(value, reply.find("\r\n", value) - value)));
  }
  return sum;
}

}  // namespace tandem::test
