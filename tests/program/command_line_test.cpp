#include "program/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "support/temporary_folder.hpp"

namespace multiconn::tools {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CommandLine : public testing::Test {
 protected:
  /// The mistake; empty: there is none.
  static std::string mistake(std::vector<std::string> arguments, bool commands = false) {
    CLI::App app("Does something.", "multiconn-something");
    addConfigFile(app, "Options");
    int number = 0;
    bool flag = false;
    app.add_option("--number", number);
    app.add_flag("--flag", flag);
    if (commands) {
      for (const char* const name : {"list", "go", "stop"}) app.add_subcommand(name);
      app.require_subcommand(1);
    }
    std::reverse(arguments.begin(), arguments.end());
    try {
      app.parse(arguments);
      return {};
    } catch (const CLI::ParseError& error) {
      return mistakeOf(app, error);
    }
  }
  std::string mistakeIn(const std::string& file, bool commands = false) {
    return mistake({"--config", folder_.write("the.conf", file)}, commands);
  }

  const test::TemporaryFolder folder_;
};

TEST_F(CommandLine, TakesAFileOfOptions) {
  EXPECT_EQ(mistakeIn("# options\n\nnumber=3\nflag=true\n"), "");
  EXPECT_EQ(mistakeIn("number = 3\nflag\n"), "") << "a flag alone is on";
  const auto sections = folder_.write("sections.conf", "number=3\n[list]\n");
  EXPECT_EQ(mistake({"--config", sections, "list"}, true), "") << "a section is a command's";
}

TEST_F(CommandLine, NamesAnOptionThatThereIsNot) {
  EXPECT_THAT(mistakeIn("number=3\nnumbre = 4\n"),
              AllOf(HasSubstr("the.conf, line 2: "), HasSubstr("\"numbre\"")));
  EXPECT_THAT(mistakeIn("config=\"x\"\n"), AllOf(HasSubstr("line 1: "), HasSubstr("\"config\"")));
  EXPECT_EQ(mistake({"--numbre", "4"}), "there is no option --numbre");
  EXPECT_EQ(mistake({"--numbre=4"}), "there is no option --numbre");
}

TEST_F(CommandLine, RepeatsNoKeyOfAFile) {
  for (const std::string key :
       {"canarycanarycanarycanary", "Canary/canary+canary==", "canarycanary==", "canarycanary=",
        "canary.canary.canary", "canary7=canary", "canary with blanks", "[canary]", "[canary.canary]",
        "\"canary\"", "canary # a comment", "Canary=canary", "a-canary-of-more-than-24-characters=canary"}) {
    EXPECT_THAT(mistakeIn("# keys\n" + key + "\n"),
                AllOf(HasSubstr("the.conf"), HasSubstr("this is no option: a line is name = value"),
                      Not(HasSubstr("anary"))))
        << key;
    EXPECT_THAT(mistakeIn("10.0.0.1,1934," + key + "\n"),
                AllOf(HasSubstr("the.conf"), HasSubstr("this is no option"), Not(HasSubstr("anary"))))
        << key;
  }
  EXPECT_THAT(mistakeIn("# keys\n\ncanarycanary\n"), HasSubstr("the.conf, line 3: "));
  EXPECT_THAT(mistakeIn("[list]\ncanary=1\n", true), Not(HasSubstr("canary")));
}

TEST_F(CommandLine, RepeatsNoStrayValue) {
  for (const std::string value : {"canary", "-canary", "--canary/canary", "--CANARY", "rtmp://a/b/canary"})
    EXPECT_EQ(testing::PrintToString(mistake({"--number", "1", value})),
              "\"there is an argument that was not expected\"")
        << value;
  EXPECT_EQ(mistake({"--key", "canary"}), "there is no option --key");
  EXPECT_EQ(mistake({"--key=canary"}), "there is no option --key");
  EXPECT_EQ(mistake({"--canary7=canary"}), "there is an argument that was not expected");
  EXPECT_EQ(mistake({"--", "canary"}), "there is an argument that was not expected");
  EXPECT_EQ(mistake({"list", "canary"}, true), "there is an argument that was not expected");
}

TEST_F(CommandLine, TellsTheCommands) {
  EXPECT_EQ(mistake({}, true), "a command is missing: list, go or stop");
  EXPECT_EQ(mistake({"--key", "canary"}, true), "there is no option --key");
  EXPECT_EQ(mistake({"canary"}, true),
            "what stands in the place of a command is none: it is list, go or stop");
}

TEST_F(CommandLine, KeepsHiddenCommandsHidden) {
  CLI::App app("Does something.");
  app.add_subcommand("list");
  app.add_subcommand("go");
  app.add_subcommand("helper")->group("");
  app.require_subcommand(1);
  std::string told;
  try {
    app.parse(std::vector<std::string>{});
  } catch (const CLI::ParseError& error) {
    told = mistakeOf(app, error);
  }
  EXPECT_EQ(told, "a command is missing: list or go");
}

TEST(CommandLineWithoutConfig, HasMistakesToo) {
  CLI::App app;
  EXPECT_EQ(mistakeOf(app, CLI::ConfigError("canary")),
            "--config: this is no option: a line is name = value");
}

TEST_F(CommandLine, LeavesTheRestToCli11) {
  EXPECT_THAT(mistake({"--number", "x"}), HasSubstr("--number"));
  EXPECT_THAT(mistake({"--config", "/nowhere/x.conf"}), HasSubstr("/nowhere/x.conf"));
}

TEST(OneLine, HasNoLineBreaks) {
  EXPECT_EQ(oneLine("two\nlines\n"), "two lines ");
}

}  // namespace
}  // namespace multiconn::tools
