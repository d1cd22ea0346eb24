#pragma once

#include "core/random.hpp"
#include "dht/access.hpp"
#include "messenger/alarm_queue.hpp"
#include "messenger/engine.hpp"
#include "sim/messenger/fake_files.hpp"
#include "store/port.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_folder.hpp"
#include "support/test_keys.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tau::test {

class person;

/// A DHT in memory with virtual time: a cloud that keeps items, and nodes that answer at
/// their endpoints. Everything that leaves is lost with probability `loss`.
class world {
public:
    explicit world(std::uint64_t seed) : random(seed) {}

    /// Runs until nothing is due before `span` has passed.
    void run(std::chrono::milliseconds span);
    /// Runs until `ready` or until `limit` has passed; whether it was ready.
    bool run_until(std::function<bool()> const& ready,
                   std::chrono::milliseconds limit = std::chrono::minutes(10));
    void later(std::chrono::milliseconds delay, std::function<void()> what);
    [[nodiscard]] bool is_lost() { return random.below(1000) < loss_permille; }

    manual_clock clock;
    seeded_random random;
    messenger::alarm_queue events;
    std::uint64_t loss_permille = 0;
    bool cloud_up = true;
    std::map<target, wire::mutable_item> items;
    std::map<target, bytes> immutables;
    std::map<public_key, person*> people;
    std::map<endpoint, person*> places;
    std::uint64_t recursive_operations = 0;
    std::uint64_t datagrams = 0;
};

/// The wall clock of one person may be wrong.
class skewed_clock final : public clock_source {
public:
    skewed_clock(world& w, std::chrono::milliseconds skew) : m_world(w), m_skew(skew) {}
    [[nodiscard]] moment now() const override {
        auto out = m_world.clock.now();
        out.wall += m_skew;
        return out;
    }

private:
    world& m_world;
    std::chrono::milliseconds m_skew;
};

/// dht::access of one person, as long as the node runs.
class fake_access final : public dht::access {
public:
    fake_access(world& w, person& owner) : m_world(w), m_owner(owner) {}

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
    void hint_endpoint(public_key const& key, endpoint const& where) override {
        m_hints[key].insert(where);
    }

    void receive(dht::incoming_parcel const& what);

private:
    friend class world;
    person* reach(public_key const& key, std::optional<endpoint> ask_at);
    void later(std::chrono::milliseconds delay, std::function<void()> what);

    world& m_world;
    person& m_owner;
    std::map<wire::salt, wire::mutable_item> m_authored;
    std::map<target, bytes> m_served;
    std::map<public_key, dht::parcel> m_offers;
    std::map<public_key, std::set<endpoint>> m_hints;
    std::function<void(dht::incoming_parcel const&)> m_handler;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
};

/// Does the store's work in virtual time; what was not done when the node dies is lost.
class late_runner final : public store::job_runner {
public:
    explicit late_runner(world& w) : m_world(w) {}
    void run(std::function<void()> work, std::function<void()> done) override;

private:
    struct job {
        std::function<void()> work;
        std::function<void()> done;
    };
    world& m_world;
    std::shared_ptr<job> m_job;
};

/// Somebody with a node that can be stopped, killed and started again.
class person {
public:
    person(world& w, std::uint64_t seed, std::string name,
           std::chrono::milliseconds skew = std::chrono::milliseconds(0));
    ~person();

    void start();
    void kill(); ///< as kill -9 does: nothing more happens
    [[nodiscard]] bool is_up() const { return m_engine != nullptr; }
    messenger::engine& engine() { return *m_engine; }
    fake_access& access() { return *m_access; }
    fake_files& files() { return *m_files; }
    [[nodiscard]] public_key const& key() const { return m_keys->key(); }
    [[nodiscard]] identity::keyring const& keys() const { return *m_keys; }
    void move_to(endpoint where);

    // What a user does; each runs the world until it is answered.
    error_code add(person& other, bool with_endpoint = true);
    result<messenger::message_id> say(public_key const& to, std::string text);
    result<messenger::message_id> send(public_key const& to, std::string name, bytes content);
    std::vector<messenger::message_view> inbox(std::optional<public_key> who = {});
    std::optional<messenger::message_view> message(messenger::message_id const& id);
    result<bytes> attachment(messenger::message_id const& id);
    error_code read_all();
    error_code ask(std::function<void(messenger::done_handler)> const& what);
    [[nodiscard]] messenger::message_state state(messenger::message_id const& id);
    [[nodiscard]] std::optional<messenger::friend_state> state_of(person& other);

    endpoint where;
    std::vector<messenger::event> events;
    messenger::engine_settings settings;
    std::int64_t page_limit = 0;
    file_disk disk;

    template <class Event>
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [](messenger::event const& e) {
                return std::holds_alternative<Event>(e);
            }));
    }

private:
    friend class world;
    template <class T>
    result<T> wait(std::function<void(messenger::answer_handler<T>)> const& ask);

    world& m_world;
    skewed_clock m_clock;
    std::shared_ptr<identity::keyring const> m_keys;
    temp_folder m_folder;
    identity::device_id m_device;
    std::unique_ptr<late_runner> m_runner;
    std::unique_ptr<fake_access> m_access;
    std::unique_ptr<store::port> m_port;
    std::unique_ptr<fake_files> m_files;
    std::unique_ptr<messenger::engine> m_engine;
};

/// Both add the other one; whether both came to be accepted.
bool are_friends(world& w, person& one, person& other);

} // namespace tau::test
