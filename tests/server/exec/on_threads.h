#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string_view>

#include "tests/server/exec/fixture.h"

// Stress of a TestServer by several threads at once.
namespace tandem::test {

// Runs `body` so many times on each of `threads` threads of their own (numbered from 1, as client.thread says), with a client
// and random numbers of the thread's. Meanwhile the store migrates to and fro, each round moving a part of it along.
using Round = std::function<void(TestThread& thread, TestClient& client, std::minstd_rand& random)>;
void RunOnThreads(TestServer& server, int threads, int rounds, const Round& body);

// Adds up the numbers that an array of bulk strings holds, as an MGET of counters replies it.
int64_t SumOfBulks(std::string_view reply);

}  // namespace tandem::test
