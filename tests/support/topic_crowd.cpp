#include "support/topic_crowd.hpp"

#include "support/test_keys.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <stdexcept>

namespace tau::test {
namespace {

plugin_set_options one_worker() {
    plugin_set_options out;
    out.worker_threads = 1;
    return out;
}

plugins::local_network_options network_of(std::size_t members, topic_crowd::transport over) {
    plugins::local_network_options out;
    out.nodes = members;
    out.adjust = [over](std::size_t, lt::settings_pack& settings) {
        if (over == topic_crowd::transport::tcp) {
            settings.set_bool(lt::settings_pack::enable_outgoing_utp, false);
        } else {
            settings.set_bool(lt::settings_pack::enable_outgoing_tcp, false);
            settings.set_bool(lt::settings_pack::enable_incoming_tcp, false);
        }
    };
    return out;
}

} // namespace

crowd_member::crowd_member(plugins::owned_session& session, std::uint64_t seed)
    : m_keys(keys_of(seed)), m_tau(session, m_keys, one_worker()) {
    overlay_observer told;
    told.on_post = [this](wire::topic_post const& post) { ++m_heard[post.text]; };
    overlay().observe(std::move(told));
    auto const where = private_dht::endpoint_of(session);
    overlay().set_reach({wire::stated_nat::none, where});
    overlay().start(where.port());
}

topic_crowd::topic_crowd(std::size_t members, transport over) : m_dht(network_of(members, over)) {
    for (std::size_t i = 0; i < members; ++i)
        m_members.push_back(std::make_unique<crowd_member>(m_dht.network().node(i), 3000 + i));
}

void topic_crowd::say(crowd_member& who, std::string const& text) {
    if (!who.overlay().say(topic, "", text))
        throw std::runtime_error("a post was not taken");
}

std::size_t topic_crowd::heard_by(std::string const& text, std::size_t count) const {
    return static_cast<std::size_t>(
        std::count_if(m_members.begin(), m_members.begin() + static_cast<std::ptrdiff_t>(count),
                      [&](auto const& one) { return one->has_heard(text); }));
}

std::pair<std::size_t, std::size_t> topic_crowd::links(std::size_t count) const {
    std::pair<std::size_t, std::size_t> out{count, 0};
    for (std::size_t i = 0; i < count; ++i) {
        auto const has = m_members[i]->overlay().links().members_of(topic).size();
        out = {std::min(out.first, has), std::max(out.second, has)};
    }
    return out;
}

bool topic_crowd::is_connected(std::size_t count) const {
    std::map<wallet_address, std::size_t> numbers;
    for (std::size_t i = 0; i < count; ++i)
        numbers[m_members[i]->wallet()] = i;
    std::set<std::size_t> seen{0};
    std::deque<std::size_t> open{0};
    while (!open.empty()) {
        auto& next = *m_members[open.front()];
        open.pop_front();
        for (auto const& wallet : next.overlay().links().members_of(topic))
            if (numbers.contains(wallet) && seen.insert(numbers[wallet]).second)
                open.push_back(numbers[wallet]);
    }
    return seen.size() == count;
}

std::vector<std::uint64_t> topic_crowd::received() const {
    std::vector<std::uint64_t> out;
    for (auto const& one : m_members) {
        auto const& counts = one->overlay().topics().counts();
        out.push_back(counts.posts + counts.copies);
    }
    return out;
}

} // namespace tau::test
