#include "core/hex.hpp"
#include "core/text.hpp"
#include "tau_node/failure.hpp"
#include "tau_node/json_view.hpp"
#include "tau_node/lab.hpp"
#include "tau_node/line_editor.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace tau::node {
namespace {

std::string help() {
    return "  alice TEXT, bob TEXT    sends TEXT to the other one\n"
           "  alice picture           sends the picture\n"
           "  alice off, alice on     leaves the network, comes back at another port\n"
           "  put WHO SALT VALUE      publishes in a channel of alice or bob\n"
           "  get WHO OWNER SALT [recursive|direct]   reads OWNER's channel as WHO\n"
           "  kill                    kills a DHT node without a word\n"
           "  status                  what happened so far\n"
           "  quit";
}

class prompt {
public:
    explicit prompt(lab& where) : m_lab(where) {}

    // False when the user has had enough.
    bool on_line(std::string const& line) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "quit" || word == "exit")
            return false;
        if (word == "alice" || word == "bob")
            speak(person(word), words);
        else if (word == "put")
            put(words);
        else if (word == "get")
            get(words);
        else if (word == "kill")
            kill();
        else if (word == "status")
            status();
        else if (word == "help")
            m_lab.tell("\n" + help());
        else if (!word.empty())
            throw usage_error("unknown command '" + escape_text(word)
                              + "'; help lists what there is");
        return true;
    }

private:
    lab_person& person(std::string const& name) {
        if (name != "alice" && name != "bob")
            throw usage_error("say alice or bob");
        return name == "alice" ? m_lab.alice() : m_lab.bob();
    }
    lab_person& online(std::string const& name) {
        auto& who = person(name);
        if (!who.is_online())
            throw usage_error(name + " is offline; say: " + name + " on");
        return who;
    }

    void speak(lab_person& who, std::istringstream& words) {
        std::string text;
        std::getline(words >> std::ws, text);
        if (text == "on") {
            if (!who.is_online())
                m_lab.go_online(who);
        } else if (text == "off") {
            m_lab.go_offline(who);
        } else if (text == "picture") {
            picture(online(who.name()));
        } else if (!text.empty()) {
            m_lab.send(online(who.name()), text);
        }
    }

    void picture(lab_person& who) {
        auto const id = m_lab.send(who, {"picture.bmp", lab_picture()});
        auto& receiver = m_lab.other(who);
        if (receiver.is_online()
            && m_lab.run_until([&] { return m_lab.has_arrived(id); }, std::chrono::seconds(30)))
            (void)m_lab.attachment(receiver, id);
    }

    void put(std::istringstream& words) {
        std::string who;
        std::string salt;
        std::string value;
        words >> who >> salt;
        std::getline(words >> std::ws, value);
        if (value.empty())
            throw usage_error("say: put alice news VALUE");
        m_lab.put(online(who), salt, value);
    }

    void get(std::istringstream& words) {
        std::string who;
        std::string owner;
        std::string salt;
        std::string mode;
        words >> who >> owner >> salt >> mode;
        auto const where = wire::salt::from(salt);
        if (salt.empty() || !where)
            throw usage_error("say: get bob alice news");
        dht::get_request what;
        what.what = {person(owner).keys().key(), where.value()};
        if (mode == "recursive")
            what.mode = dht::get_mode::recursive;
        else if (mode == "direct")
            what.mode = dht::get_mode::direct;
        if (auto const got = m_lab.get(online(who), what))
            m_lab.tell("         " + escape_text(value_to_json(got->item.value).dump()));
    }

    void kill() {
        if (!m_lab.kill_one())
            throw usage_error("all nodes are dead");
    }

    void status() {
        auto const totals = m_lab.totals();
        m_lab.tell(
            fmt::format("{} nodes, {} of them dead; {} messages sent, {} delivered, {} read; "
                        "gets: {} local, {} direct, {} recursive, {} failed",
                        m_lab.nodes(), m_lab.killed(), totals.sent, totals.delivered, totals.read,
                        totals.gets.gets_local, totals.gets.gets_direct, totals.gets.gets_recursive,
                        totals.gets.gets_failed));
    }

    lab& m_lab;
};

} // namespace

void run_lab_prompt(lab& where) {
    line_editor editor(where.context(), "lab> ");
    where.redirect([&editor](std::string const& line) { editor.print_above(line); });
    where.tell("the network stays up; help says what you can do, quit ends it");
    prompt commands(where);
    while (auto const line = editor.read()) {
        try {
            if (!commands.on_line(*line))
                break;
        } catch (failure const& e) {
            where.tell(e.what());
        }
    }
    where.redirect([](std::string const&) {});
}

} // namespace tau::node
