#pragma once

#include "dht/access.hpp"
#include "messenger/engine.hpp"
#include "sim/gossip/dht_model.hpp"
#include "sim/gossip/journal.hpp"
#include "sim/gossip/trace.hpp"
#include "store/port.hpp"
#include "support/temp_folder.hpp"
#include "wire/gossip_vector.hpp"

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

namespace tau::test {

class city;

enum class nat_model { open, cone, symmetric };

/// What one device sent and received, by the model's sizes.
struct traffic {
    std::uint64_t packets_out = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t gets = 0; ///< traversals
    std::uint64_t puts = 0;
    std::uint64_t exchanges = 0;
    // Where bytes_in came from.
    std::uint64_t in_traversals = 0;
    std::uint64_t in_direct_gets = 0;
    std::uint64_t in_brought = 0; ///< exchanges that others began
    std::uint64_t in_answers = 0; ///< of exchanges that it began
    std::uint64_t sealed_in = 0;  ///< immutable items received, however they came

    traffic& operator-=(traffic const& before);
    friend traffic operator-(traffic now, traffic const& before) { return now -= before; }
};

/// dht::access of a device while it is online. Datagrams take 20 to 120 ms and get lost;
/// whether they arrive depends on both sides' NAT; traversals are dht_model's.
class city_access final : public dht::access {
public:
    city_access(city& where, std::size_t self) : m_city(where), m_self(self) {}

    void get(dht::get_request request, dht::get_observer observer) override;
    void get_immutable(target const& what, std::optional<public_key> holder,
                       dht::get_immutable_observer observer) override;
    error_code put(wire::salt const& salt, std::int64_t seq, bytes value,
                   dht::put_observer observer) override;
    error_code republish(wire::mutable_item item, dht::put_observer observer) override;
    result<target> put_immutable(bytes value, dht::put_observer observer) override;
    result<target> serve_immutable(bytes value) override;
    void forget_immutable(target const& what) override { m_served.erase(what); }
    void exchange(public_key const& to, dht::parcel what, std::optional<endpoint> ask_at,
                  dht::exchange_observer observer) override;
    void offer(public_key const& to, dht::parcel what) override { m_offers[to] = std::move(what); }
    void on_parcel(std::function<void(dht::incoming_parcel const&)> handler) override {
        m_handler = std::move(handler);
    }
    [[nodiscard]] std::optional<endpoint> endpoint_of(public_key const& key) const override;
    void hint_endpoint(public_key const& key, endpoint const& where) override;

    void receive(dht::incoming_parcel const& what);

private:
    friend class city;
    static constexpr std::size_t max_places = 4;

    /// Devices that answer where the key was last seen, in the order in which they are asked.
    void note(target const& item, journal_entry::act what, std::size_t other = 0);
    [[nodiscard]] std::optional<std::size_t> reach(public_key const& key,
                                                   std::optional<endpoint> ask_at);
    void later(std::chrono::milliseconds delay, std::function<void()> what);
    void traverse(std::size_t value_bytes);
    void got_directly(std::size_t other, std::size_t octets);
    void put_report(dht_model::put_result report, std::size_t value_bytes,
                    dht::put_observer observer);

    city& m_city;
    std::size_t m_self;
    std::map<wire::salt, wire::mutable_item> m_authored;
    std::unordered_map<target, bytes> m_served;
    std::map<public_key, dht::parcel> m_offers;
    std::unordered_map<public_key, std::vector<endpoint>> m_hints;
    std::function<void(dht::incoming_parcel const&)> m_handler;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

/// Does the store's work at once; its answers come as events.
class city_runner final : public store::job_runner {
public:
    explicit city_runner(city& where) : m_city(where) {}
    void run(std::function<void()> work, std::function<void()> done) override;

private:
    city& m_city;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

/// What a message met.
struct fate {
    std::optional<trace_time> delivered; ///< first arrival at the receiver
    std::optional<trace_time> acknowledged;
    messenger::delivery_way way = messenger::delivery_way::none;
};

struct city_settings {
    cloud_settings cloud{};
    messenger::engine_settings engine{};
    double open = 0.2;
    double symmetric = 0.25; ///< the rest is behind cone NATs
    double loss = 0.02;
    double moves = 0.5;                   ///< sessions that begin at a new address
    double hostile = 0;                   ///< of the devices
    std::optional<std::size_t> villain{}; ///< this one is, too
    std::chrono::milliseconds harm_pause{30'000};
    bool journal = false; ///< keep what explains late messages
};

/// Devices with the whole messenger each (and its database), a model of DHT and network, and
/// virtual time. Everything follows from trace and seed. Threading: one thread.
class city {
public:
    city(trace const& plan, city_settings settings, std::uint64_t seed);
    ~city();

    /// Runs the trace to its end, or to `until`.
    void run(trace_time until);
    void run() { run(m_plan.settings.length); }

    [[nodiscard]] std::vector<fate> const& fates() const { return m_fates; }
    [[nodiscard]] traffic const& used(std::size_t device) const { return m_devices[device].used; }
    [[nodiscard]] bool is_hostile(std::size_t device) const { return m_devices[device].hostile; }
    [[nodiscard]] messenger::engine* engine(std::size_t device) {
        return m_devices[device].engine.get();
    }
    [[nodiscard]] public_key const& key(std::size_t device) const;
    /// If a journal is kept: the ways of a message.
    [[nodiscard]] std::string explain(std::size_t message, trace_time until) const;
    [[nodiscard]] std::uint64_t events() const { return m_events_run; }
    [[nodiscard]] std::uint64_t shown_twice() const { return m_shown_twice; }
    [[nodiscard]] moment now() const { return m_now; }
    [[nodiscard]] trace_time at() const;

    // For the parts.
    void at(time_point when, std::function<void()> what);
    [[nodiscard]] bool lost();
    [[nodiscard]] std::chrono::milliseconds delay();
    [[nodiscard]] traffic& meter(std::size_t device) { return m_devices[device].used; }

private:
    friend class city_access;
    struct resident;
    struct clock;
    struct event {
        time_point when;
        std::uint64_t order;
        std::function<void()> what;
        bool operator>(event const& other) const {
            return std::tie(when, order) > std::tie(other.when, other.order);
        }
    };
    struct resident {
        std::shared_ptr<identity::keyring const> keys;
        nat_model nat = nat_model::cone;
        bool hostile = false;
        endpoint where;
        std::unique_ptr<clock_source> time;
        std::unique_ptr<city_runner> runner;
        std::unique_ptr<city_access> access;
        std::unique_ptr<store::port> port;
        std::unique_ptr<messenger::engine> engine;
        std::optional<time_point> armed{};
        std::uint64_t life = 0; ///< counts sessions, so that old events know
        std::unordered_map<std::size_t, time_point> sent_to{}; ///< holes in the own NAT
        traffic used{};
        std::vector<target> learned{}; ///< what a hostile one has heard of
        std::int64_t gossip_seq = 0;
        [[nodiscard]] bool is_up() const { return access != nullptr; }
    };

    void befriend(std::size_t who);
    void begin(std::size_t who);
    void end(std::size_t who);
    void write(std::size_t message);
    void on_event(std::size_t who, messenger::event const& what);
    void wake(std::size_t who);
    void arm(std::size_t who);
    void do_harm(std::size_t who);
    void listen(std::size_t who, dht::incoming_parcel const& what);
    [[nodiscard]] wire::gossip_vector lies_of(std::size_t who);
    [[nodiscard]] std::string path_of(std::size_t who) const;
    [[nodiscard]] bool passes(std::size_t from, std::size_t to);

    trace const& m_plan;
    city_settings m_settings;
    seeded_random m_random;
    dht_model m_cloud;
    temp_folder m_folder;
    moment m_now{time_point{std::chrono::hours{1}},
                 unix_ms{std::chrono::seconds{1'700'006'400}}}; // midnight
    time_point m_begin{std::chrono::hours{1}};
    std::priority_queue<event, std::vector<event>, std::greater<>> m_events;
    std::uint64_t m_last_event = 0;
    std::uint64_t m_events_run = 0;
    std::vector<resident> m_devices;
    std::unordered_map<public_key, std::size_t> m_by_key;
    std::map<endpoint, std::size_t> m_by_place;
    std::vector<fate> m_fates;
    std::unordered_map<hash256, std::size_t> m_by_id;
    std::unordered_map<hash256, unix_ms> m_shown;
    std::uint64_t m_shown_twice = 0;
    std::uint32_t m_last_place = 0;
    journal m_acts;
    std::unordered_map<hash256, target> m_roots; ///< of sealed ids, for the journal
};

} // namespace tau::test
