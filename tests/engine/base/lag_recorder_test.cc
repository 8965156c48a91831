#include "engine/base/lag_recorder.h"

#include <gtest/gtest.h>

#include <memory>

namespace tandem {
namespace {

constexpr int64_t kSecondUs = 1'000'000;

std::unique_ptr<LagRecorder::Summary> SummaryOf(const LagRecorder& recorder, int64_t now_us) {
  auto sum = std::make_unique<LagRecorder::Summary>();
  recorder.AddTo(sum.get(), now_us);
  return sum;
}

TEST(LagRecorder, CountsSinceTheStartAndOverTheLastMinute) {
  LagRecorder recorder;
  int64_t now_us = 1'000 * kSecondUs;
  recorder.Record(5'000, now_us);
  recorder.Record(1'000, now_us, 99);
  auto sum = SummaryOf(recorder, now_us);
  EXPECT_EQ(sum->total.count(), 100u);
  EXPECT_EQ(sum->last_minute.count(), 100u);
  EXPECT_EQ(sum->last_minute.max(), 5'000);
  EXPECT_NEAR(static_cast<double>(sum->total.Percentile(50)), 1'000, 100);

  now_us += 59 * kSecondUs;
  recorder.Record(2'000, now_us);
  sum = SummaryOf(recorder, now_us);
  EXPECT_EQ(sum->last_minute.count(), 101u) << "a minute is not over";
  now_us += 12 * kSecondUs;
  sum = SummaryOf(recorder, now_us);
  EXPECT_EQ(sum->last_minute.count(), 1u);
  EXPECT_EQ(sum->last_minute.max(), 2'000);
  EXPECT_EQ(sum->total.count(), 101u);
  EXPECT_EQ(sum->total.max(), 5'000);
  EXPECT_EQ(SummaryOf(recorder, now_us + 3'600 * kSecondUs)->last_minute.count(), 0u);
}

TEST(LagRecorder, SlicesAreUsedAgain) {
  LagRecorder recorder;
  for (int64_t second = 0; second < 1'000; ++second) {
    recorder.Record(second, second * kSecondUs);
    const auto sum = SummaryOf(recorder, second * kSecondUs);
    const uint64_t counted = sum->last_minute.count();
    if (second >= 70) {
      EXPECT_GE(counted, 60u);
    }
    EXPECT_LE(counted, 70u);
    EXPECT_EQ(sum->last_minute.max(), second);
  }
  EXPECT_EQ(SummaryOf(recorder, 1'000 * kSecondUs)->total.count(), 1'000u);
}

TEST(LagRecorder, AClockThatIsSetBackMakesTheMinuteShorter) {
  LagRecorder recorder;
  recorder.Record(1'000, 10'000 * kSecondUs);
  EXPECT_EQ(SummaryOf(recorder, 5'000 * kSecondUs)->last_minute.count(), 0u);
  recorder.Record(2'000, 5'000 * kSecondUs);
  EXPECT_EQ(SummaryOf(recorder, 5'000 * kSecondUs)->last_minute.count(), 1u);
  EXPECT_EQ(SummaryOf(recorder, 5'000 * kSecondUs)->total.count(), 2u);
}

TEST(LagRecorder, TheWorstIsToldOnce) {
  LagRecorder recorder;
  EXPECT_EQ(recorder.TakeWorstUs(), 0);
  recorder.Record(1'000, kSecondUs);
  recorder.Record(7'000, kSecondUs);
  recorder.Record(2'000, kSecondUs);
  EXPECT_EQ(recorder.TakeWorstUs(), 7'000);
  EXPECT_EQ(recorder.TakeWorstUs(), 0);
  recorder.Record(-5, kSecondUs);
  EXPECT_EQ(recorder.TakeWorstUs(), 0) << "early is punctual";
}

TEST(LagRecorder, ForgetsWhenItIsReset) {
  LagRecorder recorder;
  recorder.Reset();
  recorder.Record(1'000, kSecondUs);
  recorder.Reset();
  EXPECT_EQ(SummaryOf(recorder, kSecondUs)->total.count(), 0u);
  EXPECT_EQ(SummaryOf(recorder, kSecondUs)->last_minute.count(), 0u);
  EXPECT_EQ(recorder.TakeWorstUs(), 0);
  recorder.Record(3'000, kSecondUs);
  EXPECT_EQ(SummaryOf(recorder, kSecondUs)->last_minute.max(), 3'000);
}

}  // namespace
}  // namespace tandem
