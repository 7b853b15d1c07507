// The bot behind the stand-in: what a flower shop says.

import type { Button, Keyboard, MessageData, Meta } from "../../src/sdk/types.ts";

export type Said =
  | { message: MessageData; meta?: Meta }
  | { keyboard: Keyboard }
  | { event: string; data?: Record<string, unknown> };

const text = (text: string, buttons?: Button[]): Said => ({ message: { type: "text", text, ...(buttons ? { buttons } : {}) } });
const choices = (...labels: string[]): Said => ({ keyboard: { type: "buttons", buttons: labels.map((label) => ({ label })) } });

export function welcome(): Said[] {
  return [text("안녕하세요! 별빛 꽃집입니다.\n무엇을 도와 드릴까요?"), choices("상품 보기", "몇 송이", "오시는 길", "상담원 연결")];
}

export function answer(said: MessageData, payload: unknown, picture: string): Said[] {
  const word = said.type === "text" ? said.text : "";
  switch (word) {
    case "상품 보기":
      return [
        {
          message: {
            type: "cards",
            cards: ["튤립", "장미", "수국"].map((title, index) => ({
              title,
              description: `${title} 한 다발, ${12 + index},000원`,
              media: { contentType: "image", uri: picture },
              buttons: [{ label: `${title} 담기`, payload: { id: index + 1 } }, { label: "자세히", uri: "https://shop.example.com/flowers" }],
            })),
          },
        },
        choices("처음으로", "상담원 연결"),
      ];
    case "몇 송이":
      return [text("몇 송이 드릴까요? (1–99)"), { keyboard: { type: "number", min: 1, max: 99, integer: true } }];
    case "오시는 길":
      return [{ message: { type: "location", location: { title: "별빛 꽃집 강남점", latitude: 37.497942, longitude: 127.027621 } } }];
    case "사진":
      return [{ message: { type: "media", media: { contentType: "image", uri: picture, altText: "튤립 한 다발" }, text: "오늘 들어왔어요." } }];
    case "상담원 연결":
      return [
        { event: "bot.conversation.agent_call_requested" },
        text("상담원을 연결하고 있습니다."),
        { event: "bot.conversation.agent_call_connected" },
        { message: { type: "text", text: "안녕하세요, 김하늘입니다." }, meta: { sender: { userKey: "agent-1", platform: "closer-chat" }, persona: { displayName: "김하늘" } } },
      ];
    case "html":
      return [text("<img src=x onerror=\"window.hacked=1\"><b>굵게</b> https://shop.example.com/a?b=1 010-1234-5678")];
    case "처음으로":
      return welcome();
    default:
      if (payload !== undefined) return [text(`담았습니다: ${JSON.stringify(payload)}`)];
      if (said.type === "media") return [text("사진을 받았습니다.")];
      if (said.type === "location") return [text("위치를 받았습니다.")];
      return [text(`"${word}"라고 하셨네요.`)];
  }
}
