#include "sim/messenger/world.hpp"

#include <algorithm>

namespace tau::test {

using namespace std::chrono_literals;

namespace {

constexpr auto hop = 10ms;      // one way between two nodes
constexpr auto traverse = 80ms; // a recursive operation

} // namespace

void world::later(std::chrono::milliseconds delay, std::function<void()> what) {
    events.set(clock.now().mono + delay, std::move(what));
}

bool world::run_until(std::function<bool()> const& ready, std::chrono::milliseconds limit) {
    auto const end = clock.now().mono + limit;
    for (;;) {
        if (ready())
            return true;
        auto next = events.next();
        for (auto const& [key, who] : people)
            if (who->is_up())
                if (auto const wake = who->engine().wake_at())
                    next = next ? std::min(*next, *wake) : *wake;
        auto const now = clock.now().mono;
        if (!next || *next > end) {
            clock.advance(std::chrono::ceil<std::chrono::milliseconds>(end - now));
            return ready();
        }
        if (*next > now)
            clock.advance(std::chrono::ceil<std::chrono::milliseconds>(*next - now));
        events.run_due(clock.now().mono);
        for (auto const& [key, who] : std::map(people))
            if (who->is_up())
                who->engine().on_time(clock.now().mono);
    }
}

void world::run(std::chrono::milliseconds span) {
    (void)run_until([] { return false; }, span);
}

void late_runner::run(std::function<void()> work, std::function<void()> done) {
    // The world holds the job weakly: the database closes with its owner.
    m_job = std::make_shared<job>(job{std::move(work), std::move(done)});
    m_world.later(1ms, [w = &m_world, weak = std::weak_ptr<job>(m_job)] {
        if (auto const started = weak.lock())
            started->work();
        w->later(1ms, [weak] {
            if (auto const finished = weak.lock())
                finished->done();
        });
    });
}

void fake_access::later(std::chrono::milliseconds delay, std::function<void()> what) {
    m_world.later(delay, [alive = std::weak_ptr<int>(m_alive), what = std::move(what)] {
        if (!alive.expired())
            what();
    });
}

person* fake_access::reach(public_key const& key, std::optional<endpoint> ask_at) {
    std::vector<endpoint> tried;
    if (ask_at)
        tried.push_back(*ask_at);
    for (auto const& where : m_hints[key])
        tried.push_back(where);
    for (auto const& where : tried)
        if (auto const found = m_world.places.find(where);
            found != m_world.places.end() && found->second->is_up() && found->second->key() == key)
            return found->second;
    return nullptr;
}

std::optional<endpoint> fake_access::endpoint_of(public_key const& key) const {
    auto const found = m_hints.find(key);
    if (found == m_hints.end() || found->second.empty())
        return std::nullopt;
    return *found->second.begin();
}

void fake_access::get(dht::get_request request, dht::get_observer observer) {
    auto const where = wire::target_of(request.what);
    auto tell = [this, request, observer](wire::mutable_item const* item, dht::get_source source) {
        bool const news = item && item->seq > request.known_seq;
        if (news && observer.on_item)
            observer.on_item({*item, source, 1ms});
        if (observer.on_done)
            observer.on_done(news ? error_code{} : error_code(errc::not_found));
    };
    if (request.what.key == m_owner.key() && request.mode != dht::get_mode::elsewhere) {
        auto const own = m_authored.find(request.what.salt);
        if (own != m_authored.end()) {
            later(0ms, [tell, item = own->second] { tell(&item, dht::get_source::local); });
            return;
        }
    }
    ++m_world.datagrams;
    bool const asks_the_cloud =
        request.mode == dht::get_mode::recursive || request.mode == dht::get_mode::elsewhere;
    auto* const other = asks_the_cloud ? nullptr : reach(request.what.key, request.ask_at);
    if (other && !m_world.is_lost()) {
        auto const found = other->access().m_authored.find(request.what.salt);
        if (found != other->access().m_authored.end()) {
            later(2 * hop, [tell, item = found->second] { tell(&item, dht::get_source::direct); });
            return;
        }
    }
    if (request.mode == dht::get_mode::direct) {
        later(other ? 2 * hop : 1s, [observer, answered = other != nullptr] {
            if (observer.on_done)
                observer.on_done(answered ? errc::not_found : errc::timed_out);
        });
        return;
    }
    ++m_world.recursive_operations;
    bool const lost = m_world.is_lost() || !m_world.cloud_up;
    later(1s + traverse, [this, tell, where, lost] {
        auto const found = m_world.items.find(where);
        tell(lost || found == m_world.items.end() ? nullptr : &found->second,
             dht::get_source::recursive);
    });
}

void fake_access::get_immutable(target const& what, std::optional<public_key> holder,
                                dht::get_immutable_observer observer) {
    auto tell = [observer](bytes const* value, dht::get_source source) {
        if (value && observer.on_value)
            observer.on_value({*value, source, 1ms});
        if (observer.on_done)
            observer.on_done(value ? error_code{} : error_code(errc::not_found));
    };
    ++m_world.datagrams;
    auto* const other = holder ? reach(*holder, {}) : nullptr;
    if (other && !m_world.is_lost()) {
        auto const found = other->access().m_served.find(what);
        if (found != other->access().m_served.end()) {
            later(2 * hop,
                  [tell, value = found->second] { tell(&value, dht::get_source::direct); });
            return;
        }
    }
    ++m_world.recursive_operations;
    bool const lost = m_world.is_lost() || !m_world.cloud_up;
    later(1s + traverse, [this, tell, what, lost] {
        auto const found = m_world.immutables.find(what);
        tell(lost || found == m_world.immutables.end() ? nullptr : &found->second,
             dht::get_source::recursive);
    });
}

error_code fake_access::put(wire::salt const& salt, std::int64_t seq, bytes value,
                            dht::put_observer observer) {
    wire::mutable_item item{{m_owner.key(), salt}, seq, std::move(value), {}};
    item.sig = m_owner.keys().sign(wire::signed_octets(salt, seq, item.value));
    auto const old = m_authored.find(salt);
    if (old != m_authored.end() && old->second.seq >= seq)
        return errc::stale;
    m_authored.insert_or_assign(salt, item);
    return republish(std::move(item), std::move(observer));
}

error_code fake_access::republish(wire::mutable_item item, dht::put_observer observer) {
    if (auto const ec = wire::verify(item))
        return ec;
    ++m_world.recursive_operations;
    bool const lost = m_world.is_lost() || !m_world.cloud_up;
    m_world.later(traverse,
                  [w = &m_world, alive = std::weak_ptr<int>(m_alive), item, lost, observer] {
                      auto const where = wire::target_of(item.address);
                      auto const there = w->items.find(where);
                      if (!lost && (there == w->items.end() || there->second.seq < item.seq))
                          w->items.insert_or_assign(where, item);
                      if (!alive.expired() && observer)
                          observer({lost ? 0 : 8});
                  });
    return {};
}

result<target> fake_access::serve_immutable(bytes value) {
    auto const where = wire::target_of_immutable(value);
    m_served.insert_or_assign(where, std::move(value));
    return where;
}

result<target> fake_access::put_immutable(bytes value, dht::put_observer observer) {
    TAU_TRY(where, serve_immutable(value));
    ++m_world.recursive_operations;
    bool const lost = m_world.is_lost() || !m_world.cloud_up;
    m_world.later(traverse, [w = &m_world, alive = std::weak_ptr<int>(m_alive), where,
                             value = std::move(value), lost, observer] {
        if (!lost)
            w->immutables.insert_or_assign(where, value);
        if (!alive.expired() && observer)
            observer({lost ? 0 : 8});
    });
    return where;
}

void fake_access::receive(dht::incoming_parcel const& what) {
    for (auto const& item : what.parcel.items)
        if (wire::verify(item))
            return;
    hint_endpoint(what.from, what.source);
    if (m_handler)
        m_handler(what);
}

void fake_access::exchange(public_key const& to, dht::parcel what, std::optional<endpoint> ask_at,
                           dht::exchange_observer observer) {
    m_world.datagrams += what.items.size() + what.immutables.size();
    if (!ask_at && m_hints[to].empty()) {
        later(0ms, [observer] { observer(errc::unreachable); });
        return;
    }
    auto* const other = reach(to, ask_at);
    if (!other || m_world.is_lost()) {
        later(1s, [observer] { observer(errc::timed_out); });
        return;
    }
    bool const answer_lost = m_world.is_lost();
    m_world.later(hop, [this, alive = std::weak_ptr<int>(m_alive), w = &m_world, to,
                        from = m_owner.key(), source = m_owner.where, answer_lost,
                        what = std::move(what), observer] {
        auto const found = w->people.find(to);
        if (found == w->people.end() || !found->second->is_up()) {
            w->later(1s, [alive, observer] {
                if (!alive.expired())
                    observer(errc::timed_out);
            });
            return;
        }
        found->second->access().receive({from, true, source, what});
        auto reply = found->second->access().m_offers[from];
        w->later(hop, [this, alive, observer, answer_lost, reply = std::move(reply)] {
            if (alive.expired())
                return;
            if (answer_lost)
                later(1s, [observer] { observer(errc::timed_out); });
            else
                observer(reply);
        });
    });
}

person::person(world& w, std::uint64_t seed, std::string name, std::chrono::milliseconds skew)
    : m_world(w), m_clock(w, skew), m_keys(keys_of(seed)) {
    settings.own_name = std::move(name);
    m_device.octets[0] = static_cast<std::uint8_t>(seed);
    m_world.people[key()] = this;
    move_to({boost::asio::ip::address_v4(0x0a000000U + static_cast<std::uint32_t>(seed)), 6881});
    start();
}

person::~person() {
    kill();
    m_world.people.erase(key());
    m_world.places.erase(where);
}

void person::move_to(endpoint place) {
    m_world.places.erase(where);
    where = place;
    m_world.places[where] = this;
}

void person::start() {
    m_runner = std::make_unique<late_runner>(m_world);
    m_access = std::make_unique<fake_access>(m_world, *this);
    auto db = store::database::open((m_folder / "tau.db").string());
    if (!db)
        throw std::runtime_error("database: " + db.error().message());
    (void)db.value().limit_pages(page_limit > 0 ? page_limit : 1'000'000);
    m_port = std::make_unique<store::port>(std::move(db).value(), *m_runner);
    m_files = std::make_unique<fake_files>(m_world, *this, disk);
    m_engine = std::make_unique<messenger::engine>(
        messenger::engine_ports{*m_access, *m_port, *m_keys, m_clock, m_world.random, m_device},
        settings);
    (void)m_engine->subscribe([this](messenger::event const& e) { events.push_back(e); });
    m_engine->use_files(*m_files);
    bool up = false;
    m_engine->start([&up](error_code) { up = true; });
    m_engine->on_own_endpoints({where});
    (void)m_world.run_until([&up] { return up; });
}

void person::kill() {
    m_engine.reset();
    m_files.reset();
    m_port.reset();
    m_access.reset();
    m_runner.reset();
}

template <class T>
result<T> person::wait(std::function<void(messenger::answer_handler<T>)> const& question) {
    auto answer = std::make_shared<std::optional<result<T>>>();
    question([answer](result<T> value) { answer->emplace(std::move(value)); });
    if (!m_world.run_until([&] { return answer->has_value(); }))
        return errc::timed_out;
    return std::move(**answer);
}

error_code person::ask(std::function<void(messenger::done_handler)> const& what) {
    auto answer = std::make_shared<std::optional<error_code>>();
    what([answer](error_code ec) { *answer = ec; });
    if (!m_world.run_until([&] { return answer->has_value(); }))
        return errc::timed_out;
    return **answer;
}

error_code person::add(person& other, bool with_endpoint) {
    auto contact = other.engine().own_contact();
    contact.name.clear();
    if (!with_endpoint)
        contact.endpoints.clear();
    return ask([&](messenger::done_handler done) { engine().add_friend(contact, done); });
}

result<messenger::message_id> person::say(public_key const& to, std::string text) {
    return wait<messenger::message_id>(
        [&](auto answer) { engine().send_text(to, std::move(text), answer); });
}

result<messenger::message_id> person::send(public_key const& to, std::string name, bytes content) {
    return wait<messenger::message_id>([&](auto answer) {
        engine().send_file(to, {std::move(name), std::move(content)}, answer);
    });
}

std::vector<messenger::message_view> person::inbox(std::optional<public_key> who) {
    messenger::inbox_query query;
    query.who = who;
    query.limit = 5000;
    auto out = wait<std::vector<messenger::message_view>>(
        [&](auto answer) { engine().inbox(query, answer); });
    return out ? std::move(out).value() : std::vector<messenger::message_view>{};
}

std::optional<messenger::message_view> person::message(messenger::message_id const& id) {
    auto out = wait<messenger::message_view>([&](auto answer) { engine().message(id, answer); });
    if (!out)
        return std::nullopt;
    return out.value();
}

result<bytes> person::attachment(messenger::message_id const& id) {
    return wait<bytes>([&](auto answer) { engine().attachment(id, answer); });
}

messenger::message_state person::state(messenger::message_id const& id) {
    auto const found = message(id);
    return found ? found->state : messenger::message_state::stored;
}

std::optional<messenger::friend_state> person::state_of(person& other) {
    auto const found = engine().friend_of(other.key());
    return found ? std::optional(found->state) : std::nullopt;
}

error_code person::read_all() {
    std::vector<messenger::message_id> ids;
    for (auto const& message : inbox())
        if (message.to == key())
            ids.push_back(message.id);
    return ask([&](messenger::done_handler done) { engine().mark_read(ids, done); });
}

bool are_friends(world& w, person& one, person& other) {
    if (one.add(other) || other.add(one))
        return false;
    return w.run_until([&] {
        return one.state_of(other) == messenger::friend_state::accepted
               && other.state_of(one) == messenger::friend_state::accepted;
    });
}

} // namespace tau::test
