// A real X11 screen, captured.
#include <multiconn/capture.hpp>

#include <gtest/gtest.h>

#include "media/clips.hpp"
#include "media/decoded.hpp"
#include "media/played.hpp"
#include "media/virtual_screen.hpp"

namespace multiconn {
namespace {

using namespace std::chrono_literals;
using namespace media::test;

class ScreenTest : public ClipTest {
 protected:
  /// Brightness in the middle of each quarter, as YUV with its narrow range has it (BT.601).
  static void expectShades(const Picture& picture, const VirtualScreen::Shades& shades) {
    ASSERT_EQ(picture.width, VirtualScreen::width);
    ASSERT_EQ(picture.height, VirtualScreen::height);
    for (std::size_t quarter = 0; quarter < shades.size(); ++quarter) {
      const std::size_t x = (quarter % 2 * 2 + 1) * VirtualScreen::width / 4;
      const std::size_t y = (quarter / 2 * 2 + 1) * VirtualScreen::height / 4;
      EXPECT_NEAR(picture.luma[y * VirtualScreen::width + x], 16 + shades[quarter] * 219 / 255, 3) << quarter;
    }
  }
};

TEST_F(ScreenTest, ShowsWhatIsOnItAndWhatChanges) {
  constexpr VirtualScreen::Shades before{0x00, 0xFF, 0x80, 0x40}, after{0xC0, 0x20, 0xFF, 0x00};
  VirtualScreen screen(path(""));
  ASSERT_NE(screen.display(), "");
  screen.show(before);
  CaptureOptions options;
  options.encode.frame_rate = 25;
  CaptureSource source = CaptureSource::open("x11grab:" + screen.display() + ".0", options);
  EXPECT_EQ(source.audio(), nullptr);
  const auto sink = std::make_shared<RecordingSink>();
  const auto video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitForFrames(5));
  screen.show(after);
  // One may have been captured before, and one in the middle of it.
  ASSERT_TRUE(sink->waitForFrames(sink->frames().size() + 4));
  video->stop();
  const std::vector<Picture> pictures = decodedPictures(sink->frames());
  ASSERT_GE(pictures.size(), 8U);
  expectShades(pictures.front(), before);
  expectShades(pictures.back(), after);
}

TEST_F(ScreenTest, IsTheDefaultOneOfTheEnvironment) {
  constexpr VirtualScreen::Shades shades{0xFF, 0x00, 0x40, 0xC0};
  VirtualScreen screen(path(""));
  ASSERT_NE(screen.display(), "");
  screen.show(shades);
  ASSERT_EQ(setenv("DISPLAY", screen.display().c_str(), 1), 0);
  CaptureSource source = CaptureSource::open("x11grab", {.duration = 200ms});
  const Played played = play(source.video(), source.audio());
  EXPECT_EQ(played.error, "");
  const std::vector<Picture> pictures = decodedPictures(played.video);
  ASSERT_FALSE(pictures.empty());
  expectShades(pictures.back(), shades);
}

TEST_F(ScreenTest, NoneIsSaid) {
  unsetenv("DISPLAY");
  try {
    CaptureSource::open("x11grab");
    ADD_FAILURE() << "it has found one";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(
        error.what(),
        "there is no screen to capture: DISPLAY is not set; multiconn-publish --list-devices shows what "
        "there is");
  }
}

}  // namespace
}  // namespace multiconn
