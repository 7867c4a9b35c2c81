// A machine that gives no more threads.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>

#include <multiconn/av_source.hpp>

#include "media/clips.hpp"
#include "media/recording_sink.hpp"

namespace {

std::atomic<bool> refuses_threads = false;

}  // namespace

/// In the place of the C library's, for everything in this program: pthread_create(3) fails with EAGAIN at a
/// limit.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) {
  if (refuses_threads) return EAGAIN;
  static const auto real = reinterpret_cast<decltype(&pthread_create)>(::dlsym(RTLD_NEXT, "pthread_create"));
  return real(thread, attributes, run, argument);
}

namespace multiconn {
namespace {

using namespace media::test;

class NoThread : public ClipTest {
 protected:
  ~NoThread() override { refuses_threads = false; }
  AvSource open() const { return AvSource::open(file_, {.realtime = false}); }

 private:
  const std::string file_ = clip("clip.mp4", picture + tone + x264 + "-c:a aac");
};

TEST_F(NoThread, IsTheEndOfBothTracksAndSaysWhy) {
  AvSource source = open();
  const auto video = source.video();
  const auto audio = source.audio();
  ASSERT_TRUE(video && audio);
  const auto pictures = std::make_shared<RecordingSink>(), sound = std::make_shared<RecordingSink>();
  refuses_threads = true;
  video->start(pictures);
  audio->start(sound);
  for (const auto& sink : {pictures, sound}) {
    ASSERT_TRUE(sink->end());
    EXPECT_THAT(*sink->end(), testing::HasSubstr("no thread can be made to read it"));
    EXPECT_EQ(sink->frames().size(), 0U);
  }
  video->resume();
  video->stop();
  audio->stop();
}

TEST_F(NoThread, ASourceOfLaterIsRead) {
  for (const bool refused : {true, false}) {
    AvSource source = open();
    const auto video = source.video();
    const auto sink = std::make_shared<RecordingSink>();
    refuses_threads = refused;
    video->start(sink);
    ASSERT_TRUE(sink->waitForEnd());
    EXPECT_EQ(sink->end()->empty(), !refused);
    EXPECT_EQ(sink->frames().empty(), refused);
  }
}

}  // namespace
}  // namespace multiconn
