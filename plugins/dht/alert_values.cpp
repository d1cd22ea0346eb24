#include "plugins/dht/alert_values.hpp"

#include <libtorrent/alert_types.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>

#include <algorithm>
#include <iterator>

namespace tau::plugins {
namespace {

bytes encoded(lt::entry const& value) {
    bytes out;
    // A value that was never set has no encoding; that is how "nobody had it" looks.
    if (value.type() != lt::entry::undefined_t)
        lt::bencode(std::back_inserter(out), value);
    return out;
}

template <class Fixed, class Chars>
Fixed octets_of(Chars const& chars) {
    static_assert(sizeof(Chars) == Fixed::size_bytes);
    Fixed out;
    std::copy(chars.begin(), chars.end(), out.data());
    return out;
}

std::optional<wire::item_address> address_of(std::array<char, 32> const& key,
                                             std::string const& salt) {
    auto bounded = wire::salt::from(salt);
    if (bounded.has_error())
        return std::nullopt; // somebody else's request: ours are within the limit
    return wire::item_address{octets_of<public_key>(key), std::move(bounded.value())};
}

} // namespace

lt::client_data_t to_user_data(dht::request_id id) {
    return lt::client_data_t(reinterpret_cast<request_tag*>(static_cast<std::uintptr_t>(id)));
}

std::optional<direct_response> capture(lt::dht_direct_response_alert const& alert) {
    auto const* const tag = alert.userdata.get<request_tag>();
    if (tag == nullptr)
        return std::nullopt;
    auto const raw = alert.response().data_section();
    return direct_response{reinterpret_cast<std::uintptr_t>(tag), alert.endpoint,
                           std::string(raw.begin(), raw.end())};
}

std::optional<traversal_item> capture(lt::dht_mutable_item_alert const& alert) {
    auto what = address_of(alert.key, alert.salt);
    if (!what)
        return std::nullopt;
    traversal_item out{std::move(*what), std::nullopt, alert.authoritative};
    if (auto value = encoded(alert.item); !value.empty())
        out.item = wire::mutable_item{out.what, alert.seq, std::move(value),
                                      octets_of<signature>(alert.signature)};
    return out;
}

std::optional<traversal_value> capture(lt::dht_immutable_item_alert const& alert) {
    return traversal_value{octets_of<target>(alert.target), encoded(alert.item)};
}

std::optional<put_outcome> capture(lt::dht_put_alert const& alert) {
    if (!alert.target.is_all_zeros())
        return put_outcome{octets_of<target>(alert.target), 0, alert.num_success};
    auto const what = address_of(alert.public_key, alert.salt);
    if (!what)
        return std::nullopt;
    return put_outcome{wire::target_of(*what), alert.seq, alert.num_success};
}

std::optional<table_owner> capture(lt::dht_stats_alert const& alert) {
    return table_owner{alert.nid, alert.local_endpoint};
}

std::optional<std::vector<wire::node_info>> capture(lt::dht_live_nodes_alert const& alert) {
    std::vector<wire::node_info> out;
    for (auto const& [id, where] : alert.nodes())
        out.push_back({octets_of<wire::node_id>(id), where});
    return out;
}

std::optional<ip_address> capture(lt::external_ip_alert const& alert) {
    return alert.external_address;
}

lt::entry verbatim(byte_view bencoded) {
    return lt::entry(lt::entry::preformatted_type(bencoded.begin(), bencoded.end()));
}

} // namespace tau::plugins
