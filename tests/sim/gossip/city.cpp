#include "sim/gossip/city.hpp"

#include "channel/value_box.hpp"
#include "identity/keccak.hpp"
#include "support/test_keys.hpp"

#include <algorithm>
#include <stdexcept>

namespace tau::test {

using namespace std::chrono_literals;

namespace {

// A hole that a device made in its own NAT stays open this long.
constexpr auto hole_time = 2min;

} // namespace

traffic& traffic::operator-=(traffic const& before) {
    for (auto const field :
         {&traffic::packets_out, &traffic::bytes_out, &traffic::bytes_in, &traffic::gets,
          &traffic::puts, &traffic::exchanges, &traffic::in_traversals, &traffic::in_direct_gets,
          &traffic::in_brought, &traffic::in_answers, &traffic::sealed_in})
        this->*field -= before.*field;
    return *this;
}

struct city::clock final : clock_source {
    explicit clock(city const& where) : m_city(where) {}
    [[nodiscard]] moment now() const override { return m_city.now(); }
    city const& m_city;
};

city::city(trace const& plan, city_settings settings, std::uint64_t seed)
    : m_plan(plan), m_settings(std::move(settings)), m_random(seed),
      m_cloud(m_settings.cloud, m_random.next_u64()), m_fates(plan.messages.size()) {
    auto const chance = [this](double share) {
        return static_cast<double>(m_random.below(1'000'000)) < share * 1e6;
    };
    m_devices.resize(plan.sessions.size());
    for (std::size_t i = 0; i < m_devices.size(); ++i) {
        auto& one = m_devices[i];
        one.keys = keys_of(i + 1);
        one.nat = chance(m_settings.open)                                ? nat_model::open
                  : chance(m_settings.symmetric / (1 - m_settings.open)) ? nat_model::symmetric
                                                                         : nat_model::cone;
        one.hostile = chance(m_settings.hostile) || m_settings.villain == i;
        one.time = std::make_unique<clock>(*this);
        m_by_key.emplace(one.keys->key(), i);
    }
    for (std::size_t i = 0; i < m_devices.size(); ++i) {
        if (!m_devices[i].hostile)
            befriend(i);
        for (auto const& session : plan.sessions[i]) {
            at(m_begin + session.from, [this, i] { begin(i); });
            at(m_begin + session.to, [this, i] { end(i); });
        }
    }
    for (std::size_t i = 0; i < plan.messages.size(); ++i)
        at(m_begin + plan.messages[i].at + 1ms, [this, i] { write(i); });
}

city::~city() {
    for (std::size_t i = 0; i < m_devices.size(); ++i)
        end(i);
}

std::string city::path_of(std::size_t who) const {
    return (m_folder / std::to_string(who)).string();
}

public_key const& city::key(std::size_t device) const {
    return m_devices[device].keys->key();
}

trace_time city::at() const {
    return std::chrono::duration_cast<trace_time>(m_now.mono - m_begin);
}

std::string city::explain(std::size_t message, trace_time until) const {
    auto const id = std::find_if(m_by_id.begin(), m_by_id.end(),
                                 [&](auto const& one) { return one.second == message; });
    auto const root = id == m_by_id.end() ? m_roots.end() : m_roots.find(id->first);
    if (root == m_roots.end())
        return "never left";
    return m_acts.explain(m_plan, m_plan.messages[message], root->second, until);
}

void city::at(time_point when, std::function<void()> what) {
    m_events.push({std::max(when, m_now.mono), ++m_last_event, std::move(what)});
}

bool city::lost() {
    return static_cast<double>(m_random.below(1'000'000)) < m_settings.loss * 1e6;
}

std::chrono::milliseconds city::delay() {
    return 20ms + std::chrono::milliseconds(m_random.below(100));
}

// Friends since long ago, without the ritual.
void city::befriend(std::size_t who) {
    auto db = store::database::open(path_of(who));
    if (!db)
        throw std::runtime_error("database: " + db.error().message());
    store::batch rows;
    for (auto const other : m_plan.friends[who]) {
        store::friend_row row;
        row.key = key(other);
        row.own_name = "f" + std::to_string(other);
        row.state = static_cast<std::int64_t>(messenger::friend_state::accepted);
        row.contact_key = hash256::from(m_devices[other].keys->contact_key(1).view()).value();
        row.has_our_key = 1;
        row.added = m_now.wall;
        rows.push_back(store::put_friend{row});
    }
    if (auto const ec = db.value().apply(rows, store::durability::lazy))
        throw std::runtime_error("database: " + ec.message());
}

void city::begin(std::size_t who) {
    auto& one = m_devices[who];
    ++one.life;
    if (one.where == endpoint{}
        || static_cast<double>(m_random.below(1'000)) < m_settings.moves * 1e3) {
        m_by_place.erase(one.where);
        one.where = {boost::asio::ip::address_v4(0x0b000000U + ++m_last_place), 6881};
        m_by_place[one.where] = who;
    }
    one.sent_to.clear();
    one.armed.reset();
    one.access = std::make_unique<city_access>(*this, who);
    if (one.hostile) {
        one.access->on_parcel([this, who](dht::incoming_parcel const& what) { listen(who, what); });
        do_harm(who);
        return;
    }
    one.runner = std::make_unique<city_runner>(*this);
    auto db = store::database::open(path_of(who));
    if (!db)
        throw std::runtime_error("database: " + db.error().message());
    one.port = std::make_unique<store::port>(std::move(db).value(), *one.runner);
    identity::device_id machine;
    machine.octets[0] = 1;
    one.engine = std::make_unique<messenger::engine>(
        messenger::engine_ports{*one.access, *one.port, *one.keys, *one.time, m_random, machine},
        m_settings.engine);
    (void)one.engine->subscribe([this, who](messenger::event const& e) { on_event(who, e); });
    one.engine->on_wake([this, who] { arm(who); });
    one.engine->start([this, who](error_code) {
        m_devices[who].engine->on_own_endpoints({m_devices[who].where});
        arm(who);
    });
    arm(who);
}

void city::end(std::size_t who) {
    auto& one = m_devices[who];
    ++one.life;
    one.engine.reset();
    one.port.reset();
    one.access.reset();
    one.runner.reset();
    one.armed.reset();
}

void city::write(std::size_t message) {
    auto const& what = m_plan.messages[message];
    auto& from = m_devices[what.from];
    if (!from.engine)
        return;
    from.engine->send_text(key(what.to), "message " + std::to_string(message),
                           [this, message](result<messenger::message_id> id) {
                               if (id)
                                   m_by_id[id.value()] = message;
                           });
    arm(what.from);
}

void city::on_event(std::size_t who, messenger::event const& what) {
    if (auto const* arrived = std::get_if<messenger::message_arrived>(&what)) {
        m_shown_twice += m_shown.emplace(arrived->message.id, m_now.wall).second ? 0 : 1;
        auto const found = m_by_id.find(arrived->message.id);
        if (found != m_by_id.end() && m_plan.messages[found->second].to == who) {
            m_fates[found->second].delivered = at();
            m_fates[found->second].way = arrived->message.way;
        }
    } else if (auto const* state = std::get_if<messenger::message_state_changed>(&what)) {
        auto const found = m_by_id.find(state->id);
        if (found != m_by_id.end() && state->state >= messenger::message_state::delivered
            && !m_fates[found->second].acknowledged)
            m_fates[found->second].acknowledged = at();
    }
}

void city::arm(std::size_t who) {
    auto& one = m_devices[who];
    if (!one.engine)
        return;
    auto const next = one.engine->wake_at();
    if (!next || (one.armed && *one.armed <= *next))
        return;
    auto const when = std::max(*next, m_now.mono);
    one.armed = when;
    at(when, [this, who, when, life = one.life] {
        auto& woken = m_devices[who];
        if (woken.life != life || woken.armed != when)
            return;
        woken.armed.reset();
        wake(who);
    });
}

void city::wake(std::size_t who) {
    m_devices[who].engine->on_time(m_now.mono);
    arm(who);
}

void city::run(trace_time until) {
    auto const end = m_begin + until;
    while (!m_events.empty() && m_events.top().when <= end) {
        auto next = m_events.top();
        m_events.pop();
        auto const passed = std::chrono::floor<std::chrono::milliseconds>(next.when - m_begin);
        m_now.wall = unix_ms{1'700'006'400s} + passed;
        m_now.mono = next.when;
        ++m_events_run;
        next.what();
    }
}

// Endpoint-dependent filtering: what comes from nowhere passes an open device only.
bool city::passes(std::size_t from, std::size_t to) {
    auto& here = m_devices[from];
    auto& there = m_devices[to];
    here.sent_to[to] = m_now.mono;
    if (there.nat == nat_model::open)
        return true;
    auto const hole = there.sent_to.find(from);
    bool const is_open = hole != there.sent_to.end() && m_now.mono - hole->second < hole_time;
    return is_open && (here.nat != nat_model::symmetric || there.nat != nat_model::symmetric);
}

// What it hears of, it demands later.
void city::listen(std::size_t who, dht::incoming_parcel const& what) {
    auto& one = m_devices[who];
    auto const secret = one.keys->shared_secret(what.from);
    if (!secret || what.parcel.gossip.empty())
        return;
    std::vector<channel::box_key> keys;
    keys.push_back(channel::pair_box_key(secret.value(), what.from, key(who)));
    auto const plain =
        channel::open_value(keys, {what.from, channel::gossip_salt()}, what.parcel.gossip);
    auto const heard = plain ? wire::decode_gossip(plain.value(), what.from)
                             : result<wire::gossip_vector>(plain.error());
    if (heard && one.learned.size() < 500)
        for (auto const& entry : heard.value().entries)
            if (wire::has_hash(entry.type))
                one.learned.push_back(entry.hash);
}

// Well-formed nonsense: messages, receipts and demands of things that are not, demands of all
// that was heard of, and a clock that jumps.
wire::gossip_vector city::lies_of(std::size_t who) {
    auto const& one = m_devices[who];
    auto const& list = m_plan.friends[who];
    wire::gossip_vector out;
    out.time = m_now.wall + (m_random.below(2) == 0 ? 0ms : 100h);
    for (int i = 0; i < 28; ++i) {
        wire::gossip_entry entry;
        bool const own = i % 2 == 0;
        entry.sender = wire::pk_id_of(own ? key(who) : key(list[m_random.below(list.size())]));
        entry.receiver = wire::pk_id_of(key(list[m_random.below(list.size())]));
        entry.type = own          ? wire::gossip_type::demand
                     : i % 4 == 1 ? wire::gossip_type::receipt
                                  : wire::gossip_type::message_root;
        entry.hash = own && !one.learned.empty() ? one.learned[m_random.below(one.learned.size())]
                                                 : m_random.make<target>();
        entry.minute = 1;
        out.entries.push_back(entry);
    }
    return out;
}

// A friend with a program of its own, which also holds nothing for anybody.
void city::do_harm(std::size_t who) {
    auto& one = m_devices[who];
    if (!one.is_up() || m_plan.friends[who].empty())
        return;
    wire::item_address const place{key(who), channel::gossip_salt()};
    auto const own = wire::contact_key::from(one.keys->contact_key(1).view()).value();
    if (auto const plain = wire::encode(lies_of(who), key(who)))
        if (auto boxed =
                channel::box_value(channel::contact_box_key(own), place, plain.value(), m_random))
            (void)one.access->put(place.salt, m_now.wall.time_since_epoch().count(),
                                  std::move(boxed).value(), {});
    for (auto const other : m_plan.friends[who]) {
        auto const secret = one.keys->shared_secret(key(other));
        auto const plain = wire::encode(lies_of(who), key(who));
        if (!plain || !secret)
            continue;
        auto boxed = channel::box_value(channel::pair_box_key(secret.value(), key(who), key(other)),
                                        place, plain.value(), m_random);
        one.access->hint_endpoint(key(other), m_devices[other].where);
        dht::parcel parcel;
        parcel.gossip = std::move(boxed).value();
        one.access->exchange(key(other), std::move(parcel), {}, [](result<dht::parcel>) {});
    }
    at(m_now.mono + m_settings.harm_pause, [this, who, life = one.life] {
        if (m_devices[who].life == life)
            do_harm(who);
    });
}

} // namespace tau::test
