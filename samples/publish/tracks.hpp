#pragma once

#include <memory>

#include <multiconn/source.hpp>

namespace publish {

/// What is broadcast; one of them may be null.
struct Tracks {
  std::shared_ptr<multiconn::AudioSource> audio;
  std::shared_ptr<multiconn::VideoSource> video;
};

}  // namespace publish
