#include "dht/engine.hpp"

#include <utility>

namespace tau::dht {

struct engine::impl {
    std::vector<action> actions;
};

engine::engine(config, node_identity, random_source&, moment) : m_impl(std::make_unique<impl>()) {}
engine::~engine() = default;
std::shared_ptr<responder> engine::responder() const {
    return {};
}
std::vector<action> engine::take_actions() {
    return std::exchange(m_impl->actions, {});
}
bool engine::has_actions() const {
    return !m_impl->actions.empty();
}
std::optional<time_point> engine::wake_at() const {
    return {};
}
void engine::get(get_request, get_observer, moment) {}
void engine::get_immutable(target const&, std::optional<public_key>, get_immutable_observer,
                           moment) {}
error_code engine::put(wire::salt const&, std::int64_t, bytes, put_observer, moment) {
    return {};
}
result<target> engine::put_immutable(bytes, put_observer, moment) {
    return target{};
}
result<target> engine::serve_immutable(bytes) {
    return target{};
}
void engine::forget_immutable(target const&) {}
void engine::exchange(public_key const&, parcel, std::optional<endpoint>, exchange_observer,
                      moment) {}
void engine::offer(public_key const&, parcel) {}
void engine::on_parcel(std::function<void(incoming_parcel const&)>) {}
std::optional<endpoint> engine::endpoint_of(public_key const&) const {
    return {};
}
void engine::hint_endpoint(public_key const&, endpoint const&, moment) {}
void engine::on_response(request_id, endpoint const&, lt::bdecode_node const&, moment) {}
void engine::on_no_response(request_id, moment) {}
void engine::on_request(endpoint const&, byte_view, moment) {}
void engine::on_recursive_item(wire::mutable_item const&, moment) {}
void engine::on_recursive_done(wire::item_address const&, moment) {}
void engine::on_recursive_immutable(target const&, byte_view, moment) {}
void engine::on_put_done(target const&, std::int64_t, int, moment) {}
void engine::on_nodes(std::vector<wire::node_info> const&, moment) {}
void engine::on_external_vote(ip_address const&, endpoint const&, moment) {}
void engine::on_local_endpoints(std::vector<endpoint> const&) {}
void engine::on_time(moment) {}
dht::stats engine::stats() const {
    return {};
}
std::optional<endpoint> engine::external_endpoint() const {
    return {};
}
nat_kind engine::nat() const {
    return nat_kind::unknown;
}
std::vector<known_endpoint> engine::export_endpoints() const {
    return {};
}
void engine::import_endpoints(std::vector<known_endpoint> const&, moment) {}

} // namespace tau::dht
