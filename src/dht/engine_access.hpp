#pragma once

#include "dht/engine.hpp"

#include <functional>

namespace tau::dht {

/// dht::access on top of an engine: adds the time and tells the adapter that there may be
/// actions to perform. `wake` must only schedule that, not perform it.
///
/// Threading: tau thread. `core` and `clock` must outlive it.
class engine_access final : public access {
public:
    engine_access(engine& core, clock_source const& clock, std::function<void()> wake);

    void get(get_request request, get_observer observer) override;
    void get_immutable(target const& what, std::optional<public_key> holder,
                       get_immutable_observer observer) override;
    [[nodiscard]] error_code put(wire::salt const& salt, std::int64_t seq, bytes value,
                                 put_observer observer) override;
    [[nodiscard]] error_code republish(wire::mutable_item item, put_observer observer) override;
    [[nodiscard]] result<target> put_immutable(bytes value, put_observer observer) override;
    [[nodiscard]] result<target> serve_immutable(bytes value) override;
    void forget_immutable(target const& what) override;
    void exchange(public_key const& to, parcel what, std::optional<endpoint> ask_at,
                  exchange_observer observer) override;
    void offer(public_key const& to, parcel what) override;
    void on_parcel(std::function<void(incoming_parcel const&)> handler) override;
    [[nodiscard]] std::optional<endpoint> endpoint_of(public_key const& key) const override;
    void hint_endpoint(public_key const& key, endpoint const& where) override;
    void hint_endpoints(public_key const& key, wire::endpoint_value const& value) override;
    [[nodiscard]] std::optional<wire::endpoint_value> own_endpoints() const override;

private:
    engine& m_core;
    clock_source const& m_clock;
    std::function<void()> m_wake;
};

} // namespace tau::dht
