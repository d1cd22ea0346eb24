#include "dht/engine_access.hpp"

#include <utility>

namespace tau::dht {

engine_access::engine_access(engine& core, clock_source const& clock, std::function<void()> wake)
    : m_core(core), m_clock(clock), m_wake(std::move(wake)) {}

void engine_access::get(get_request request, get_observer observer) {
    m_core.get(std::move(request), std::move(observer), m_clock.now());
    m_wake();
}

void engine_access::get_immutable(target const& what, std::optional<public_key> holder,
                                  get_immutable_observer observer) {
    m_core.get_immutable(what, holder, std::move(observer), m_clock.now());
    m_wake();
}

error_code engine_access::put(wire::salt const& salt, std::int64_t seq, bytes value,
                              put_observer observer) {
    auto const ec = m_core.put(salt, seq, std::move(value), std::move(observer), m_clock.now());
    m_wake();
    return ec;
}

error_code engine_access::republish(wire::mutable_item item, put_observer observer) {
    auto const ec = m_core.republish(std::move(item), std::move(observer), m_clock.now());
    m_wake();
    return ec;
}

result<target> engine_access::put_immutable(bytes value, put_observer observer) {
    auto out = m_core.put_immutable(std::move(value), std::move(observer), m_clock.now());
    m_wake();
    return out;
}

result<target> engine_access::serve_immutable(bytes value) {
    auto out = m_core.serve_immutable(std::move(value));
    m_wake();
    return out;
}

void engine_access::forget_immutable(target const& what) {
    m_core.forget_immutable(what, m_clock.now());
    m_wake();
}

void engine_access::exchange(public_key const& to, parcel what, std::optional<endpoint> ask_at,
                             exchange_observer observer) {
    m_core.exchange(to, std::move(what), ask_at, std::move(observer), m_clock.now());
    m_wake();
}

void engine_access::offer(public_key const& to, parcel what) {
    m_core.offer(to, std::move(what));
    m_wake();
}

void engine_access::on_parcel(std::function<void(incoming_parcel const&)> handler) {
    m_core.on_parcel(std::move(handler));
}

std::optional<endpoint> engine_access::endpoint_of(public_key const& key) const {
    return m_core.endpoint_of(key);
}

void engine_access::hint_endpoint(public_key const& key, endpoint const& where) {
    m_core.hint_endpoint(key, where, m_clock.now());
    m_wake();
}

void engine_access::hint_endpoints(public_key const& key, wire::endpoint_value const& value) {
    m_core.hint_endpoints(key, value, m_clock.now());
    m_wake();
}

std::optional<wire::endpoint_value> engine_access::own_endpoints() const {
    return m_core.own_endpoints(m_clock.now());
}

} // namespace tau::dht
