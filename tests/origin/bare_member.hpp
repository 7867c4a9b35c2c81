#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "origin/client_objects.hpp"
#include "origin/disk_thread.hpp"
#include "origin/shared_object_disk.hpp"
#include "origin/shared_object_store.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::test {

/// A server's objects, in simulated time and kept nowhere.
struct BareStore {
  SimulatedLoop loop;
  SimulatedScheduler scheduler{loop};
  origin::DiskThread disk_thread;
  origin::SharedObjectDisk disk{disk_thread, scheduler, {}};
  origin::SharedObjectServices services{
      scheduler, disk, {}, std::chrono::seconds(1), [](OriginLogLevel, const std::string&) {}};
  origin::SharedObjectStore store{services, "live"};
};

/// A server's client of one shared object, without a network.
class BareMember : protected origin::SharedObjectSubscriber, protected origin::ClientObjects::Access {
 protected:
  BareMember(SimulatedLoop& loop, origin::SharedObjectStore& store, const OriginQuotas& quotas,
             std::uint64_t id)
      : loop_(loop), objects_(store, quotas, *this, *this), id_(id) {}

  /// What the server says to it.
  virtual void hear(const rtmp::SharedObjectMessage& message) = 0;
  bool mayWrite(const std::string&, const std::string&) override { return true; }

  SimulatedLoop& loop_;
  origin::ClientObjects objects_;

 private:
  std::uint64_t id() const override { return id_; }
  bool amf3() const override { return false; }
  void deliver(const rtmp::OutMessage& message) override {
    const auto decoded =
        rtmp::decode({static_cast<std::uint8_t>(message.type), 0, 0, message.payload}, rtmp::Limits());
    ASSERT_TRUE(decoded);
    hear(std::get<rtmp::SharedObjectMessage>(decoded->body));
  }
  const std::shared_ptr<origin::ClientRecord>& record() const override { return record_; }
  void spend(std::size_t) override {}
  bool mayRead(const std::string&) override { return true; }

  std::uint64_t id_;
  std::shared_ptr<origin::ClientRecord> record_;
};

}  // namespace multiconn::test
