#include "core/text.hpp"
#include "net/http_target.hpp"
#include "tau_node/commands.hpp"
#include "tau_node/file_transfer.hpp"
#include "tau_node/line_editor.hpp"
#include "tau_node/message_text.hpp"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>

namespace tau::node {
namespace {

using nlohmann::json;

constexpr std::size_t recent_messages = 20;
// Octets of a message in a line about its state.
constexpr std::size_t shown_text = 30;

// A conversation on the screen: what comes, what was sent, how far it came.
class conversation {
public:
    conversation(command_context const& context, daemon_client& client, std::string who)
        : m_context(context), m_client(client), m_book(client), m_who(std::move(who)),
          m_editor(client.context(), "> ") {}

    exit_code run() {
        m_client.subscribe(
            "/v1/events?with=" + net::percent_encode(m_who),
            [this](std::string const& name, json const& data) { on_event(name, data); },
            [this] { m_editor.stop(); });
        auto const recent = m_client.get(fmt::format("/v1/messages?with={}&limit={}",
                                                     net::percent_encode(m_who), recent_messages));
        if (!m_context.is_json())
            m_editor.print_above(
                "/file PATH sends a file, /save ID PATH saves one, /quit or Ctrl-D "
                "ends; each line is a message");
        for (auto const& message : recent)
            show(message);
        mark_read(recent);
        while (auto const line = m_editor.read()) {
            m_client.check_stream();
            if (*line == "/quit")
                break;
            on_line(*line);
        }
        m_client.check_stream();
        return exit_code::done;
    }

private:
    void on_line(std::string const& line) {
        std::istringstream words(line);
        std::string command;
        words >> command;
        if (line.empty())
            return;
        if (command == "/file")
            return send_file(line.size() > 6 ? line.substr(6) : "");
        if (command == "/save")
            return save(words);
        if (command.starts_with("//"))
            return send_text(line.substr(1)); // a message that begins with a slash
        if (command.starts_with('/'))
            return say("unknown: " + command + "; there are /file, /save and /quit; // sends a /");
        send_text(line);
    }

    void send_text(std::string const& text) {
        m_client.post_async("/v1/messages", {{"to", m_who}, {"text", text}},
                            [this](json const& message, std::string const& problem) {
                                if (!problem.empty())
                                    return say("not sent: " + problem);
                                sent(message);
                            });
    }

    void send_file(std::string const& path) {
        try {
            progress_line progress(m_context.form);
            sent(node::send_file(m_client, m_who, path, progress));
        } catch (failure const& e) {
            say(std::string("not sent: ") + e.what());
        }
    }

    void save(std::istringstream& words) {
        save_arguments what;
        words >> what.id;
        std::getline(words >> std::ws, what.path);
        if (what.id.empty() || what.path.empty())
            return say("say it like this: /save ID PATH");
        try {
            auto context = m_context;
            cmd_save(context, what);
        } catch (failure const& e) {
            say(e.what());
        }
    }

    void sent(json const& message) {
        m_sent[message.value("id", "")] = message;
        // The line is on the screen already, as it was typed; only its state is news.
        if (m_context.is_json())
            print_json(message);
        else
            say_state(message);
    }

    void on_event(std::string const& name, json const& data) {
        if (name == "message") {
            show(data);
            mark_read(json::array({data}));
        } else if (name == "state") {
            on_state(data);
        } else if (name == "friend") {
            m_book.update(data);
        }
    }

    void on_state(json const& event) {
        auto const found = m_sent.find(event.value("id", ""));
        if (found == m_sent.end())
            return;
        found->second["state"] = event.value("state", "");
        found->second.erase("waiting_first_contact");
        if (m_context.is_json())
            m_editor.print_above(event.dump());
        else
            say_state(found->second);
    }

    void say_state(json const& message) {
        auto what = message.contains("file") ? message["file"].value("name", "")
                                             : message.value("text", "");
        what = escape_text(what.size() > shown_text ? what.substr(0, shown_text) + " ..." : what);
        auto const state = message.value("waiting_first_contact", false)
                               ? std::string("waiting for first contact")
                               : message.value("state", "");
        m_editor.print_above(fmt::format("    ({}: {})", state, what));
    }

    void show(json const& message) {
        auto const now = system_clock_source().now().wall;
        m_editor.print_above(m_context.is_json() ? message.dump()
                                                 : message_line(message, m_book, now));
    }

    void say(std::string const& text) {
        m_editor.print_above(m_context.is_json() ? json{{"note", text}}.dump() : "    " + text);
    }

    void mark_read(json const& messages) {
        if (auto const ids = unseen(messages, m_book); !ids.empty())
            m_client.post_async("/v1/messages/read", {{"ids", ids}},
                                [](json const&, std::string const&) {});
    }

    command_context const& m_context;
    daemon_client& m_client;
    address_book m_book;
    std::string m_who;
    line_editor m_editor;
    std::map<std::string, json> m_sent;
};

} // namespace

exit_code cmd_chat(command_context const& context, std::string const& who) {
    daemon_client client(context.data);
    return conversation(context, client, who).run();
}

} // namespace tau::node
