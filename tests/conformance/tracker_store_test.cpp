// One tracker, whatever its store: in memory, in memory shared through Redis, and as
// two front-ends that share it. Requests go to either, and either answers for all.
#include "net/redis/tracker_redis_store.hpp"
#include "support/redis_server.hpp"
#include "support/shifted_clock.hpp"
#include "tracker/announce_service.hpp"
#include "unit/tracker/tracker_fixture.hpp"

#include <poll.h>

#include <gtest/gtest.h>

namespace tau::tracker {
namespace {

using namespace std::chrono_literals;
using test::client;
using wire::announce_event;
using wire::wallet_action;

enum class kind { memory, redis, two_front_ends };

/// A front-end without sockets.
struct front_end {
    system_random random;
    net::tracker_shared_store local;
    std::unique_ptr<net::tracker_redis_store> shared;
    counters counted;
    announce_service service;
    wire::announce_answer answer;

    front_end(clock_source const& clock, wallet_limits const& wallets, std::string const& url)
        : local({}, wallets, 7, clock), shared(open(clock, url)),
          service(state(), std::make_shared<policy const>(), counted, 1) {}

    [[nodiscard]] store& state() { return shared ? static_cast<store&>(*shared) : local; }

    std::unique_ptr<net::tracker_redis_store> open(clock_source const& clock,
                                                   std::string const& url) {
        if (url.empty())
            return nullptr;
        auto out = std::make_unique<net::tracker_redis_store>(
            local, net::redis_settings{net::parse_redis_url(url).value(), {}, {}}, clock, random,
            logger{});
        EXPECT_TRUE(out->wait_until_loaded(10s));
        return out;
    }
};

// Front-ends learn of each other within milliseconds; the deadline is for a machine
// that is busy with other things.
template <class Condition>
bool eventually(Condition condition) {
    system_clock_source const clock;
    auto const deadline = clock.now().mono + 20s;
    while (!condition()) {
        if (clock.now().mono > deadline)
            return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

info_hash hash_of(std::uint8_t number) {
    info_hash out;
    out.octets.fill(number);
    return out;
}

struct TrackerStore : testing::TestWithParam<kind> {
    tau::test::shifted_clock clock;
    std::unique_ptr<tau::test::redis_server> redis;
    std::vector<std::unique_ptr<front_end>> fronts;
    std::string const name = "127.0.0.1:6969";
    client a{'a'}, b{'b'}, c{'c'}, d{'d'}, e{'e'};
    std::int64_t ticket = 0;

    void SetUp() override { open({}); }

    void open(wallet_limits const& wallets) {
        fronts.clear();
        redis = GetParam() == kind::memory ? nullptr : std::make_unique<tau::test::redis_server>();
        for (int i = GetParam() == kind::two_front_ends ? 2 : 1; i > 0; --i)
            add_front(wallets);
    }
    front_end& add_front(wallet_limits const& wallets = {}) {
        fronts.push_back(
            std::make_unique<front_end>(clock, wallets, redis ? redis->url() : std::string{}));
        return *fronts.back();
    }
    front_end& one() { return *fronts.front(); }
    front_end& other() { return *fronts.back(); }

    [[nodiscard]] asker from(client const& who) const {
        asker out;
        out.address = who.address();
        out.asked = parse_endpoint(name).value();
        return out;
    }
    refusal send(front_end& at, wire::announce_request const& request, client const& who) {
        return at.service.announce(request, from(who), clock.now(), at.answer);
    }
    refusal join(front_end& at, client const& who, info_hash const& hash,
                 announce_event event = announce_event::none, std::uint64_t left = 1) {
        auto r = who.plain(hash);
        r.event = event;
        r.left = left;
        return send(at, r, who);
    }
    wire::announce_request signed_by(client const& who, info_hash const& hash, wallet_action action,
                                     announce_event event, char device) {
        auto r = who.request(hash, action, clock.now().wall.time_since_epoch().count() + ++ticket);
        r.event = event;
        r.id.octets[1] = static_cast<std::uint8_t>(r.id.octets[1] + device);
        who.sign(r, name);
        return r;
    }
    refusal say(front_end& at, client const& who, info_hash const& hash, wallet_action action,
                announce_event event = announce_event::none, char device = 0) {
        return send(at, signed_by(who, hash, action, event, device), who);
    }
    /// Wallets of the paths that `who` is told at `at`.
    std::vector<std::vector<wallet_address>> paths(front_end& at, client const& who,
                                                   client const& to) {
        EXPECT_EQ(say(at, who, to.as_hash(), wallet_action::route), refusal::none);
        std::vector<std::vector<wallet_address>> out;
        for (auto const& path : at.answer.route->paths) {
            auto& row = out.emplace_back();
            for (auto const& hop : path)
                row.push_back(hop.wallet);
        }
        std::sort(out.begin(), out.end());
        return out;
    }
    bool knows(front_end& at, info_hash const& hash, wire::swarm_counts const& counts) {
        return eventually([&] { return at.state().scrape(hash) == counts; });
    }
    bool is_online(front_end& at, client const& who, bool wanted = true) {
        return eventually([&] { return at.state().is_online(who.wallet()) == wanted; });
    }
    bool has_claim(front_end& at, client const& x, client const& y, bool wanted = true) {
        return eventually([&] {
            return at.local.read_wallets([&](wallet_registry const& wallets) {
                return wallets.edges().has_claim(x.wallet(), y.wallet()) == wanted;
            });
        });
    }
    void expire() {
        for (auto const& f : fronts)
            for (int i = 0; i < 2; ++i)
                f->local.expire_part(clock.now(), 1);
    }
};

TEST_P(TrackerStore, APeerIsToldWhereverOneAsks) {
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    ASSERT_TRUE(knows(other(), hash_of(1), {0, 1, 0}));
    EXPECT_EQ(join(other(), b, hash_of(1), announce_event::started, 0), refusal::none);
    EXPECT_EQ(other().answer.peers, std::string(as_text(to_compact(a.where()))));
    ASSERT_TRUE(knows(one(), hash_of(1), {1, 1, 0}));
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    EXPECT_EQ(one().answer.peers, std::string(as_text(to_compact(b.where()))));
}

TEST_P(TrackerStore, StoppedEndsAPeerEverywhere) {
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    EXPECT_EQ(join(one(), b, hash_of(1)), refusal::none);
    ASSERT_TRUE(knows(other(), hash_of(1), {0, 2, 0}));
    EXPECT_EQ(join(other(), a, hash_of(1), announce_event::stopped), refusal::none);
    EXPECT_TRUE(knows(one(), hash_of(1), {0, 1, 0}));
    EXPECT_TRUE(knows(other(), hash_of(1), {0, 1, 0}));
}

TEST_P(TrackerStore, SilenceEndsAPeerEverywhere) {
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    ASSERT_TRUE(knows(other(), hash_of(1), {0, 1, 0}));
    clock.advance(500s);
    EXPECT_EQ(join(other(), b, hash_of(1)), refusal::none);
    ASSERT_TRUE(knows(one(), hash_of(1), {0, 2, 0}));
    clock.advance(110s);
    expire();
    EXPECT_TRUE(knows(one(), hash_of(1), {0, 1, 0}));
    EXPECT_TRUE(knows(other(), hash_of(1), {0, 1, 0}));
}

TEST_P(TrackerStore, DownloadsAreCountedOnce) {
    EXPECT_EQ(join(one(), a, hash_of(1), announce_event::completed, 0), refusal::none);
    EXPECT_EQ(join(other(), b, hash_of(1), announce_event::completed, 0), refusal::none);
    for (auto const& f : fronts)
        EXPECT_TRUE(knows(*f, hash_of(1), {2, 0, 2}));
}

TEST_P(TrackerStore, PartialSeedsAreNoDownloaders) {
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    EXPECT_EQ(join(one(), b, hash_of(1), announce_event::paused), refusal::none);
    EXPECT_TRUE(knows(other(), hash_of(1), {0, 2, 0, 1}));
    EXPECT_EQ(join(other(), b, hash_of(1)), refusal::none);
    EXPECT_TRUE(knows(one(), hash_of(1), {0, 2, 0, 0}));
}

TEST_P(TrackerStore, PeersOfIPv6AreKnownToo) {
    auto who = from(a);
    who.address = boost::asio::ip::make_address("2001:db8::1");
    EXPECT_EQ(one().service.announce(a.plain(hash_of(1)), who, clock.now(), one().answer),
              refusal::none);
    ASSERT_TRUE(knows(other(), hash_of(1), {0, 1, 0}));
    auto asking = from(b);
    asking.wants_both_families = true;
    EXPECT_EQ(other().service.announce(b.plain(hash_of(1)), asking, clock.now(), other().answer),
              refusal::none);
    EXPECT_EQ(other().answer.peers6.size(), 18U);
}

TEST_P(TrackerStore, TheSourceNetworkHasItsRoutesWhereverOneAsks) {
    std::size_t turn = 0;
    auto const next = [&]() -> front_end& { return *fronts[turn++ % fronts.size()]; };
    for (auto const* who : {&a, &b, &c, &d, &e})
        EXPECT_EQ(say(next(), *who, hash_of(9), wallet_action::topic), refusal::none);
    auto const link = [&](client const& x, client const& y) {
        EXPECT_EQ(say(next(), x, y.as_hash(), wallet_action::link), refusal::none);
        EXPECT_EQ(say(next(), y, x.as_hash(), wallet_action::link), refusal::none);
        for (auto const& f : fronts)
            EXPECT_TRUE(has_claim(*f, x, y) && has_claim(*f, y, x));
    };
    link(a, b), link(a, c), link(b, d), link(c, d), link(d, e);
    std::vector<std::vector<wallet_address>> both{{b.wallet(), d.wallet(), e.wallet()},
                                                  {c.wallet(), d.wallet(), e.wallet()}};
    std::sort(both.begin(), both.end());
    for (auto const& f : fronts) {
        EXPECT_EQ(paths(*f, a, e), both);
        ASSERT_FALSE(paths(*f, b, e).empty());
        EXPECT_EQ(f->answer.route->paths.front().front().wallet, d.wallet());
    }
    EXPECT_EQ(say(one(), b, hash_of(9), wallet_action::topic, announce_event::stopped),
              refusal::none);
    ASSERT_TRUE(is_online(other(), b, false));
    EXPECT_EQ(paths(other(), a, e),
              (std::vector<std::vector<wallet_address>>{{c.wallet(), d.wallet(), e.wallet()}}));
    EXPECT_EQ(say(other(), d, c.as_hash(), wallet_action::unlink), refusal::none);
    ASSERT_TRUE(has_claim(one(), d, c, false));
    EXPECT_TRUE(paths(one(), a, e).empty());
}

TEST_P(TrackerStore, PresenceBelongsToTheTopicAnnouncedFirstWhereverThatWas) {
    EXPECT_EQ(say(one(), a, hash_of(1), wallet_action::topic), refusal::none);
    ASSERT_TRUE(is_online(other(), a));
    EXPECT_EQ(say(other(), a, hash_of(2), wallet_action::topic), refusal::none);
    EXPECT_EQ(say(other(), a, hash_of(2), wallet_action::topic, announce_event::stopped),
              refusal::none);
    EXPECT_TRUE(other().state().is_online(a.wallet()));
    EXPECT_EQ(say(other(), a, hash_of(1), wallet_action::topic, announce_event::stopped),
              refusal::none);
    EXPECT_TRUE(is_online(one(), a, false));
    EXPECT_FALSE(other().state().is_online(a.wallet()));
}

TEST_P(TrackerStore, AWalletIsOnlineWhileOneOfItsDevicesIs) {
    EXPECT_EQ(say(one(), a, hash_of(1), wallet_action::topic, announce_event::none, 0),
              refusal::none);
    EXPECT_EQ(say(other(), a, hash_of(1), wallet_action::topic, announce_event::none, 1),
              refusal::none);
    auto const devices = [&](front_end& at) {
        return at.local.read_wallets([&](wallet_registry const& wallets) {
            return wallets.devices_of(a.wallet(), clock.now()).size();
        });
    };
    for (auto const& f : fronts)
        ASSERT_TRUE(eventually([&] { return devices(*f) == 2; }));
    EXPECT_EQ(say(one(), a, a.as_hash(), wallet_action::topic, announce_event::stopped, 1),
              refusal::none);
    auto const online = [&](front_end& at) {
        return at.local.read_wallets([&](wallet_registry const& wallets) {
            auto const all = wallets.devices_of(a.wallet(), clock.now());
            return std::count_if(all.begin(), all.end(),
                                 [](auto const& device) { return device.is_online; });
        });
    };
    for (auto const& f : fronts) {
        EXPECT_TRUE(eventually([&] { return online(*f) == 1; }));
        EXPECT_TRUE(f->state().is_online(a.wallet()));
    }
}

TEST_P(TrackerStore, ARequestIsAcceptedOnce) {
    auto const r = signed_by(a, hash_of(1), wallet_action::topic, announce_event::none, 0);
    EXPECT_EQ(send(one(), r, a), refusal::none);
    ASSERT_TRUE(is_online(other(), a));
    EXPECT_EQ(send(other(), r, a), refusal::replay);
    EXPECT_EQ(send(one(), r, a), refusal::replay);
}

TEST_P(TrackerStore, LimitsHoldWhereverOneAsks) {
    wallet_limits limits;
    limits.edges.max_claims = 2;
    open(limits);
    EXPECT_EQ(say(one(), a, b.as_hash(), wallet_action::link), refusal::none);
    ASSERT_TRUE(has_claim(other(), a, b));
    EXPECT_EQ(say(other(), a, c.as_hash(), wallet_action::link), refusal::none);
    ASSERT_TRUE(has_claim(one(), a, c));
    EXPECT_EQ(say(one(), a, d.as_hash(), wallet_action::link), refusal::limit);
    EXPECT_EQ(say(other(), a, e.as_hash(), wallet_action::link), refusal::limit);
    for (auto const& f : fronts)
        EXPECT_EQ(f->local.count().claims, 2U);
}

TEST_P(TrackerStore, WhatTwoDevicesSayAtOnceEndsTheSameEverywhere) {
    for (char const device : {'\0', '\1'})
        EXPECT_EQ(say(one(), a, hash_of(1), wallet_action::topic, announce_event::none, device),
                  refusal::none);
    ASSERT_TRUE(is_online(other(), a));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(say(one(), a, b.as_hash(), wallet_action::link, announce_event::none, 0),
                  refusal::none);
        EXPECT_EQ(say(other(), a, b.as_hash(), wallet_action::unlink, announce_event::none, 1),
                  refusal::none);
    }
    EXPECT_EQ(say(one(), a, c.as_hash(), wallet_action::link, announce_event::none, 0),
              refusal::none);
    EXPECT_EQ(say(other(), a, d.as_hash(), wallet_action::link, announce_event::none, 1),
              refusal::none);
    for (auto const& f : fronts)
        ASSERT_TRUE(has_claim(*f, a, c) && has_claim(*f, a, d));
    auto const links = [&](front_end& at) {
        return at.local.read_wallets([&](wallet_registry const& wallets) {
            return wallets.edges().has_claim(a.wallet(), b.wallet());
        });
    };
    EXPECT_TRUE(eventually([&] { return links(one()) == links(other()); }));
}

INSTANTIATE_TEST_SUITE_P(Stores, TrackerStore,
                         testing::Values(kind::memory, kind::redis, kind::two_front_ends),
                         [](auto const& p) {
                             return p.param == kind::memory  ? "Memory"
                                    : p.param == kind::redis ? "Redis"
                                                             : "TwoFrontEnds";
                         });

/// What only holds with Redis.
struct SharedTrackerStore : TrackerStore {};

TEST_P(SharedTrackerStore, AFrontEndThatStartsLaterKnowsAll) {
    EXPECT_EQ(join(one(), a, hash_of(1), announce_event::completed, 0), refusal::none);
    EXPECT_EQ(join(one(), b, hash_of(1)), refusal::none);
    EXPECT_EQ(join(one(), c, hash_of(1)), refusal::none);
    EXPECT_EQ(join(one(), c, hash_of(1), announce_event::stopped), refusal::none);
    EXPECT_EQ(say(one(), a, b.as_hash(), wallet_action::link), refusal::none);
    EXPECT_EQ(say(one(), a, c.as_hash(), wallet_action::link), refusal::none);
    EXPECT_EQ(say(one(), a, c.as_hash(), wallet_action::unlink), refusal::none);
    EXPECT_EQ(say(one(), b, a.as_hash(), wallet_action::link), refusal::none);
    EXPECT_EQ(say(one(), c, hash_of(2), wallet_action::topic), refusal::none);
    EXPECT_EQ(say(one(), c, hash_of(2), wallet_action::topic, announce_event::stopped),
              refusal::none);
    ASSERT_TRUE(knows(other(), hash_of(1), {1, 1, 1}));
    ASSERT_TRUE(eventually([&] { return other().local.count().links == 1; }));
    ASSERT_TRUE(eventually([&] { return one().shared->report().queued_octets == 0; }));
    auto& late = add_front();
    EXPECT_TRUE(knows(late, hash_of(1), {1, 1, 1}));
    EXPECT_TRUE(is_online(late, a) && is_online(late, b) && is_online(late, c, false));
    EXPECT_TRUE(has_claim(late, a, b) && has_claim(late, b, a) && has_claim(late, a, c, false));
    EXPECT_TRUE(eventually([&] { return late.local.count().links == 1; }));
    auto const old = a.request(hash_of(3), wallet_action::topic,
                               clock.now().wall.time_since_epoch().count() - 1000);
    EXPECT_EQ(late.state().look(old, a.address(), clock.now()).refusal, errc::replayed);
    EXPECT_EQ(join(late, d, hash_of(1)), refusal::none);
    EXPECT_TRUE(knows(one(), hash_of(1), {1, 2, 1}));
}

TEST_P(SharedTrackerStore, GoesOnWithoutRedisAndMakesUpForItAfterwards) {
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    ASSERT_TRUE(knows(other(), hash_of(1), {0, 1, 0}));
    redis->kill();
    for (auto const& f : fronts)
        ASSERT_TRUE(eventually([&] { return !f->shared->report().trouble.empty(); }));
    EXPECT_EQ(join(one(), b, hash_of(1)), refusal::none);
    EXPECT_EQ(one().state().scrape(hash_of(1)).incomplete, 2U) << "what was known, and what came";
    EXPECT_EQ(say(other(), c, d.as_hash(), wallet_action::link), refusal::none);
    redis->start();
    for (auto const& f : fronts) {
        EXPECT_TRUE(knows(*f, hash_of(1), {0, 2, 0}));
        EXPECT_TRUE(has_claim(*f, c, d));
        EXPECT_TRUE(eventually([&] { return f->shared->report().trouble.empty(); }));
    }
    auto& late = add_front();
    EXPECT_TRUE(knows(late, hash_of(1), {0, 2, 0})) << "also what was confirmed before the loss";
    EXPECT_TRUE(has_claim(late, c, d));
}

TEST_P(SharedTrackerStore, SaysWhyWhenRedisRefuses) {
    redis->kill();
    redis->start({"--requirepass", "secret"});
    EXPECT_TRUE(eventually(
        [&] { return one().shared->report().trouble.find("NOAUTH") != std::string::npos; }));
    redis->kill();
    redis->start({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
    EXPECT_EQ(join(one(), a, hash_of(1)), refusal::none);
    EXPECT_TRUE(eventually(
        [&] { return one().shared->report().trouble.find("OOM") != std::string::npos; }));
    EXPECT_EQ(one().state().scrape(hash_of(1)).incomplete, 1U);
}

INSTANTIATE_TEST_SUITE_P(Stores, SharedTrackerStore,
                         testing::Values(kind::redis, kind::two_front_ends), [](auto const& p) {
                             return p.param == kind::redis ? "Redis" : "TwoFrontEnds";
                         });

} // namespace
} // namespace tau::tracker
