#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/message_text.hpp"

#include <algorithm>
#include <set>

namespace tau::node {
namespace {

using nlohmann::json;

std::string target_of(std::string const& path, inbox_arguments const& arguments) {
    auto out = path + "?limit=" + std::to_string(arguments.limit);
    if (!arguments.who.empty())
        out += "&with=" + net::percent_encode(arguments.who);
    if (!arguments.since.empty())
        out += "&since=" + net::percent_encode(arguments.since);
    return out;
}

void mark_read(daemon_client& client, json const& messages, address_book const& book) {
    if (auto const ids = unseen(messages, book); !ids.empty())
        client.post("/v1/messages/read", {{"ids", ids}});
}

// Prints messages as they come, each once, and says that they were seen.
class follower {
public:
    follower(command_context const& context, daemon_client& client, address_book& book)
        : m_context(context), m_client(client), m_book(book) {}

    void show(json const& message) {
        if (!m_shown.insert(message.value("id", "")).second)
            return;
        if (m_context.is_json())
            print_json(message);
        else
            print_line(message_line(message, m_book, system_clock_source().now().wall));
        if (auto const ids = unseen(json::array({message}), m_book); !ids.empty())
            m_client.post_async("/v1/messages/read", {{"ids", ids}},
                                [](json const&, std::string const&) {});
    }

    void on_event(std::string const& name, json const& data) {
        if (name == "message")
            m_waiting.push_back(data);
        else if (name == "friend")
            m_book.update(data);
    }

    void flush() {
        for (auto const& message : std::exchange(m_waiting, {}))
            show(message);
    }

private:
    command_context const& m_context;
    daemon_client& m_client;
    address_book& m_book;
    std::set<std::string> m_shown;
    std::vector<json> m_waiting;
};

exit_code follow(command_context const& context, inbox_arguments const& arguments,
                 daemon_client& client, address_book& book) {
    follower out(context, client, book);
    // Events first: what arrives between the two requests is then seen twice, not never.
    client.subscribe(
        arguments.who.empty() ? "/v1/events"
                              : "/v1/events?with=" + net::percent_encode(arguments.who),
        [&out](std::string const& name, json const& data) { out.on_event(name, data); });
    for (auto const& message : client.get(target_of("/v1/messages", arguments)))
        out.show(message);
    client.wait(
        [&out] {
            out.flush();
            return false;
        },
        std::nullopt);
    return exit_code::done;
}

} // namespace

exit_code cmd_inbox(command_context const& context, inbox_arguments const& arguments) {
    daemon_client client(context.data);
    address_book book(client);
    if (arguments.follow)
        return follow(context, arguments, client, book);
    auto const messages = client.get(target_of("/v1/messages", arguments));
    if (context.is_json()) {
        print_json(messages);
    } else {
        auto const now = system_clock_source().now().wall;
        for (auto const& message : messages)
            print_line(message_line(message, book, now));
        if (messages.empty())
            print_line("no messages");
        auto const friends = client.get("/v1/friends");
        auto const requests = std::count_if(friends.begin(), friends.end(), [](json const& f) {
            return f.value("state", "") == "requested";
        });
        if (requests != 0)
            print_line(std::to_string(requests)
                       + " strangers wrote; see: tau-node friend list, tau-node friend accept WHO");
    }
    mark_read(client, messages, book);
    return exit_code::done;
}

} // namespace tau::node
