#pragma once

#include "conformance/dht_access_suite.hpp"

#include <gtest/gtest.h>

namespace tau::test {

/// The suite's fixture: a world and the calls of dht::access as blocking ones.
class DhtAccess : public testing::TestWithParam<dht_world_factory> {
protected:
    static constexpr std::chrono::milliseconds patience{40'000};

    struct get_outcome {
        std::optional<dht::got_item> item; // the last one
        error_code ended;
    };
    struct immutable_outcome {
        bytes value;
        error_code ended;
    };

    void SetUp() override { world = GetParam()(); }

    [[nodiscard]] wire::item_address address(std::size_t member, std::string const& salt) const {
        return {world->key_of(member), wire::salt::from(salt).value()};
    }

    /// Nodes that took it.
    int put(std::size_t member, std::string const& salt, std::int64_t seq, std::string value) {
        std::optional<dht::put_report> stored;
        auto const refused =
            world->member(member).put(wire::salt::from(salt).value(), seq, to_bytes(value),
                                      [&](dht::put_report report) { stored = report; });
        EXPECT_FALSE(refused) << refused.message();
        EXPECT_TRUE(world->run_until([&] { return stored.has_value(); }, patience));
        return stored ? stored->nodes : 0;
    }

    get_outcome get(std::size_t member, dht::get_request request) {
        get_outcome out;
        bool done = false;
        world->member(member).get(std::move(request),
                                  {[&](dht::got_item const& item) { out.item = item; },
                                   [&](error_code ec) {
                                       out.ended = ec;
                                       done = true;
                                   }});
        EXPECT_TRUE(world->run_until([&] { return done; }, patience));
        return out;
    }

    immutable_outcome get_immutable(std::size_t member, target const& what,
                                    std::optional<public_key> holder) {
        immutable_outcome out;
        bool done = false;
        world->member(member).get_immutable(
            what, holder,
            {[&](dht::got_immutable const& got) { out.value = got.value; },
             [&](error_code ec) {
                 out.ended = ec;
                 done = true;
             }});
        EXPECT_TRUE(world->run_until([&] { return done; }, patience));
        return out;
    }

    std::unique_ptr<dht_world> world;
};

} // namespace tau::test
