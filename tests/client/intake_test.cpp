#include "client/intake.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

constexpr std::size_t mb = 1024 * 1024;

TEST(Intake, RefusesAbove64Megabytes) {
  Intake intake;
  EXPECT_FALSE(intake.take(1)) << "closed";
  intake.open(true);
  EXPECT_TRUE(intake.take(64 * mb));
  EXPECT_FALSE(intake.take(1));
  intake.settle(1, 0);
  EXPECT_TRUE(intake.take(1));
}

TEST(Intake, WhatServersStillHaveToTakeCountsToo) {
  Intake intake;
  intake.open(true);
  intake.settle(0, 40 * 1024 * 1024);
  EXPECT_TRUE(intake.take(30 * 1024 * 1024)) << "frames are dropped for the slow";
  intake.lossless(true);
  EXPECT_FALSE(intake.take(1));
  intake.settle(30 * 1024 * 1024, 40 * 1024 * 1024);
  EXPECT_TRUE(intake.take(24 * 1024 * 1024));
}

TEST(Intake, QueuedIsWhatWaitsAndTheFullestQueue) {
  Intake intake;
  intake.open(true);
  intake.take(100);
  EXPECT_EQ(intake.queued(), 100U);
  intake.settle(60, 50);
  EXPECT_EQ(intake.queued(), 90U);
}

TEST(Intake, DrainsOnceEachTimeItWasAboveTheMark) {
  Intake intake;
  intake.open(true);
  intake.take(10);
  EXPECT_FALSE(intake.settle(10, 10).drained);
  intake.take(2 * mb);
  EXPECT_TRUE(intake.settle(2 * mb, 0).drained) << "above while it waited";
  EXPECT_FALSE(intake.settle(0, 0).drained);
  EXPECT_FALSE(intake.settle(0, 2 * mb).drained);
  EXPECT_FALSE(intake.settle(0, mb + 1).drained);
  EXPECT_TRUE(intake.settle(0, mb).drained);
}

TEST(Intake, SourcesThatWaitAreResumed) {
  Intake intake;
  intake.open(true);
  EXPECT_FALSE(intake.full());
  EXPECT_FALSE(intake.settle(0, 2 * mb).resume);
  EXPECT_FALSE(intake.settle(0, 0).resume) << "nobody asked";
  intake.settle(0, 2 * mb);
  EXPECT_TRUE(intake.full());
  EXPECT_FALSE(intake.settle(0, mb).resume) << "not for every frame";
  EXPECT_TRUE(intake.settle(0, mb / 2).resume);
  EXPECT_FALSE(intake.settle(0, 0).resume);
}

TEST(Intake, SourcesAreHeldWhileNoServerTakesAnything) {
  Intake intake;
  intake.holdSources(true);
  EXPECT_TRUE(intake.full());
  EXPECT_FALSE(intake.settle(0, 0).resume);
  intake.holdSources(false);
  EXPECT_TRUE(intake.settle(0, 0).resume);
}

}  // namespace
}  // namespace multiconn::client
