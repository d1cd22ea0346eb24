#pragma once

#include "identity/contact_uri.hpp"
#include "net/router.hpp"
#include "tau_node/data_folder.hpp"
#include "tau_node/node_stack.hpp"
#include "tau_node/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <set>

namespace tau::node {

/// What the API needs of the daemon around the stack.
struct api_host {
    settings const& values;
    plugins::owned_session& session;
    std::function<void()> stop; ///< ends the daemon once the answer is on its way
    unix_ms started{};
    logger log{};
};

/// The daemon's HTTP API: JSON in, JSON and server-sent events out.
///
/// Source:    docs/api.md. The same over the Unix socket and over --http.
/// Threading: tau thread only; handlers do not block.
/// Errors:    {"error":{"code","message"}} with a fitting status.
class api {
public:
    /// Both outlive the API and its routes.
    api(node_stack& stack, api_host host);
    ~api();
    api(api const&) = delete;
    api& operator=(api const&) = delete;

    [[nodiscard]] net::router routes();

    /// Ends all event streams and answers what is still open.
    void stop();

private:
    friend class api_messages;
    friend class api_dht;

    // api_status.cpp
    void status(net::http_reply const& reply);
    void send_status(net::http_reply const& reply);
    void show_identity(net::http_reply const& reply);
    void show_qr(net::http_reply const& reply);
    [[nodiscard]] identity::contact own_contact() const;
    void send_backup(net::http_reply const& reply);
    // api_friends.cpp
    void add_friend_routes(net::router& out);
    void list_friends(net::http_reply const& reply);
    void add_friend(net::http_request const& request, net::http_reply const& reply);
    void change_friend(std::string const& action, net::http_request const& request,
                       net::http_reply const& reply);
    // api_messages.cpp
    void add_message_routes(net::router& out);
    void list_messages(net::http_request const& request, net::http_reply const& reply);
    void send_message(net::http_request const& request, net::http_reply const& reply);
    void mark_read(net::http_request const& request, net::http_reply const& reply);
    void on_stored(result<messenger::message_id> const& id, net::http_reply const& reply);
    // api_files.cpp
    void add_file_routes(net::router& out);
    void begin_upload(net::http_request const& request, net::http_reply const& reply);
    void write_upload(net::http_request const& request, net::http_reply const& reply);
    void send_upload(net::http_request const& request, net::http_reply const& reply);
    void send_part(messenger::message_id const& id, net::http_request const& request,
                   net::http_reply const& reply);
    // api_dht.cpp
    void add_dht_routes(net::router& out);
    void get_item(net::http_request const& request, net::http_reply const& reply);
    void put_item(net::http_request const& request, net::http_reply const& reply);
    void watch_channel(net::http_request const& request, net::http_reply const& reply);
    // api_overlay.cpp
    void add_overlay_routes(net::router& out);
    void list_topics(net::http_reply const& reply);
    void join_topic(net::http_request const& request, net::http_reply const& reply);
    void say_in_topic(net::http_request const& request, net::http_reply const& reply);
    void list_members(net::http_request const& request, net::http_reply const& reply);
    void list_posts(net::http_request const& request, net::http_reply const& reply);
    void list_peers(net::http_reply const& reply);
    void show_route(net::http_request const& request, net::http_reply const& reply);
    [[nodiscard]] nlohmann::json names_of_hops(std::vector<forward::wallet_path> const& ways);
    void show_network(net::http_reply const& reply);
    void time_ways(std::vector<forward::wallet_path> const& ways, nlohmann::json out,
                   net::http_reply const& reply);
    void show_trace(net::http_request const& request, net::http_reply const& reply);
    void on_post(std::string const& topic, wire::topic_post const& post);
    [[nodiscard]] std::optional<info_hash> topic_of(net::http_request const& request,
                                                    net::http_reply const& reply) const;
    /// The wallet that a person means: an address, a contact URI with one, or a friend.
    [[nodiscard]] std::optional<wallet_address> wallet_named(std::string const& text,
                                                             net::http_reply const& reply) const;
    // api_events.cpp
    void open_events(net::http_request const& request, net::http_reply const& reply);
    void on_event(messenger::event const& event);

    /// The key that a person means by `text`: a friend's name, a key or its beginning, a
    /// contact URI, a wallet address of a friend. Answers the request itself if it fails.
    [[nodiscard]] std::optional<public_key> who(std::string const& text,
                                                net::http_reply const& reply) const;
    /// The message that an id or its beginning (8 digits or more) names.
    void with_message(std::string const& id, net::http_reply const& reply,
                      std::function<void(messenger::message_id const&)> next);

    struct open_stream {
        net::event_stream stream;
        std::optional<public_key> with; ///< only what concerns this friend
    };

    node_stack& m_stack;
    api_host m_host;
    messenger::engine::subscription m_subscription;
    std::map<std::uint64_t, open_stream> m_streams;
    std::uint64_t m_next_stream = 0;
    std::set<channel::watch_id> m_watches;
    std::map<std::string, std::int64_t> m_last_seq; ///< by salt, of what was put here
    bool m_other_device_seen = false;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

// What handlers share.

/// `body` as JSON; empty optional, and the request answered, unless it is an object.
[[nodiscard]] std::optional<nlohmann::json> object_of(net::http_request const& request,
                                                      net::http_reply const& reply);
/// A string member; `fallback` if it is absent or of another type.
[[nodiscard]] std::string text_of(nlohmann::json const& object, char const* name,
                                  std::string fallback = {});
void send_json(net::http_reply const& reply, nlohmann::json const& value, unsigned status = 200);
void send_error(net::http_reply const& reply, error_code ec, std::string const& message);
/// Octets to be saved: never of a type that a browser would show as a page of ours.
void send_octets(net::http_reply const& reply, byte_view octets);
/// Answers {} or the error.
void send_done(net::http_reply const& reply, error_code ec, std::string const& what);

} // namespace tau::node
