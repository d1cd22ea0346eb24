// dht::access on real libtorrent sessions.
#include "conformance/dht_access_fixture.hpp"
#include "plugins/tau/plugin_set.hpp"
#include "support/private_dht.hpp"
#include "support/test_keys.hpp"

namespace tau::test {
namespace {

class session_world final : public dht_world {
public:
    session_world() {
        for (std::size_t i = 0; i < 2; ++i)
            m_members.push_back({&m_dht.add_session(), {}});
        for (std::size_t i = 0; i < 2; ++i)
            m_members[i].set = std::make_unique<plugin_set>(*m_members[i].session, keys_of(i + 1));
    }

    dht::access& member(std::size_t index) override { return m_members[index].set->dht(); }
    public_key key_of(std::size_t index) const override {
        return m_members[index].set->keys().key();
    }
    endpoint where(std::size_t index) const override {
        return private_dht::endpoint_of(*m_members[index].session);
    }
    bool carries_gossip_on_gets() const override { return true; }
    endpoint dead_endpoint() override { return m_dht.dead_endpoint(); }
    bool run_until(std::function<bool()> const& done, std::chrono::milliseconds limit) override {
        return m_dht.run_until(done, limit);
    }

private:
    struct a_member {
        plugins::owned_session* session;
        std::unique_ptr<plugin_set> set;
    };
    private_dht m_dht{20};
    std::vector<a_member> m_members;
};

INSTANTIATE_TEST_SUITE_P(Session, DhtAccess, testing::Values(dht_world_factory([] {
                             return std::make_unique<session_world>();
                         })),
                         [](auto const&) { return std::string("Plugin"); });

} // namespace
} // namespace tau::test
